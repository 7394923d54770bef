using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Gateway.Client.Access;

namespace Krewe.Silo.Hosting.Commands;

/// <summary><c>--new-key</c> and <c>--new-token</c>: makes a credential and prints it, once; it is kept nowhere.</summary>
internal static class CredentialCommand
{
    /// <summary>False where none was asked for.</summary>
    /// <exception cref="UsageException">A name that cannot be.</exception>
    public static bool Run(string? newKey, string? tenant, bool newToken)
    {
        if (newKey is not null)
        {
            Console.WriteLine(NewKey(newKey, tenant));
            return true;
        }

        if (tenant is not null)
        {
            throw new UsageException("--tenant: goes with --new-key.");
        }

        if (newToken)
        {
            var (token, sha256) = ClientKey.NewToken();
            Console.WriteLine($"Token (shown only now): {token}\nSHA-256: {sha256}");
        }

        return newToken;
    }

    private static string NewKey(string id, string? tenant)
    {
        if (!NameRule.IsValid(id))
        {
            throw new UsageException($"--new-key: '{id}': must be {NameRule.Description}.");
        }

        if (tenant is not null && (!NameRule.IsValid(tenant) || tenant == TenantId.AnonymousName))
        {
            throw new UsageException($"--tenant: '{tenant}': must be {NameRule.Description}, and not {TenantId.AnonymousName}.");
        }

        var (key, sha256) = ClientKey.New(id);
        var entry = JsonSerializer.Serialize(new { id, tenant = tenant ?? id, sha256 });
        return $"API key (shown only now): {key}\nIn the keys' file: {entry}";
    }
}
