using Krewe.Client.Wire;
using Microsoft.Extensions.AI;

namespace Krewe.Client;

/// <summary>What <see cref="ChatOptions"/> cannot say by itself.</summary>
public static class KreweChatOptionsExtensions
{
    /// <summary>Has calls with these options made as <paramref name="call"/> says. Changes and returns them.</summary>
    public static ChatOptions WithKrewe(this ChatOptions options, KreweCall call)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(call);
        (options.AdditionalProperties ??= [])[ChatBody.CallKey] = call;
        return options;
    }

    internal static KreweCall CallOf(ChatOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(ChatBody.CallKey, out var call) == true && call is KreweCall said ? said : new KreweCall();
}
