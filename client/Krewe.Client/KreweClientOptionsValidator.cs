using Microsoft.Extensions.Options;

namespace Krewe.Client;

/// <summary>Checks options when they are first used; each message names the option.</summary>
internal sealed class KreweClientOptionsValidator : IValidateOptions<KreweClientOptions>
{
    public ValidateOptionsResult Validate(string? name, KreweClientOptions options)
    {
        var errors = Errors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    public static IEnumerable<string> Errors(KreweClientOptions options)
    {
        if (options.Endpoints.Count == 0)
        {
            yield return $"{nameof(options.Endpoints)}: at least one is needed.";
        }

        for (var i = 0; i < options.Endpoints.Count; i++)
        {
            var endpoint = options.Endpoints[i];
            if (endpoint is null || !endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https") || endpoint.AbsolutePath.Trim('/') is not ("" or "v1") || endpoint.Query.Length > 0)
            {
                yield return $"{nameof(options.Endpoints)}:{i}: must be http or https, a host and a port, without a path.";
            }
        }

        foreach (var (key, value, least) in new[]
        {
            (nameof(options.Timeout), options.Timeout, TimeSpan.FromMilliseconds(1)),
            (nameof(options.IdleTimeout), options.IdleTimeout, TimeSpan.FromMilliseconds(1)),
            (nameof(options.ConnectTimeout), options.ConnectTimeout, TimeSpan.FromMilliseconds(1)),
            (nameof(options.ResumeFor), options.ResumeFor, TimeSpan.Zero),
            ($"Retry:{nameof(options.Retry.BaseDelay)}", options.Retry.BaseDelay, TimeSpan.FromMilliseconds(1)),
            ($"Retry:{nameof(options.Retry.MaxDelay)}", options.Retry.MaxDelay, options.Retry.BaseDelay),
            ($"Retry:{nameof(options.Retry.Recovery)}", options.Retry.Recovery, TimeSpan.Zero),
        })
        {
            if (value < least || value > TimeSpan.FromDays(1))
            {
                yield return $"{key}: must be {least} to 1 day.";
            }
        }

        foreach (var (key, value, least, most) in new[]
        {
            ($"Retry:{nameof(options.Retry.MaxAttempts)}", options.Retry.MaxAttempts, 1, 100),
            ($"Retry:{nameof(options.Retry.BudgetPercent)}", options.Retry.BudgetPercent, 0, 1_000),
            ($"Retry:{nameof(options.Retry.BudgetFloor)}", options.Retry.BudgetFloor, 0, 10_000),
        })
        {
            if (value < least || value > most)
            {
                yield return $"{key}: must be {least} to {most}.";
            }
        }
    }
}
