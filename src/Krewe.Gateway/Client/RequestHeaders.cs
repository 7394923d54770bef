using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>The request headers of ours.</summary>
internal readonly record struct RequestHeaders(TimeSpan? Deadline, RequestPriority Priority)
{
    public const string DeadlineName = "Krewe-Deadline-Ms";
    public const string PriorityName = "Krewe-Priority";
    public const string RequestIdName = "X-Request-Id";
    public const string KreweRequestIdName = "Krewe-Request-Id";

    private const int MaxClientIdLength = 128;

    /// <summary>Reads them; else which header is wrong, and how.</summary>
    public static bool TryRead(IHeaderDictionary headers, TimeSpan maxDeadline, out RequestHeaders read, out (string Name, string Message) wrong)
    {
        read = default;
        wrong = default;
        TimeSpan? deadline = null;
        if (headers.TryGetValue(DeadlineName, out var text))
        {
            if (!long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) || ms < 1 || ms > maxDeadline.TotalMilliseconds)
            {
                wrong = (DeadlineName, $"{DeadlineName} must be a whole number of milliseconds, 1 to {(long)maxDeadline.TotalMilliseconds}.");
                return false;
            }

            deadline = TimeSpan.FromMilliseconds(ms);
        }

        var priority = RequestPriority.Normal;
        if (headers.TryGetValue(PriorityName, out text))
        {
            switch (text.ToString())
            {
                case "high":
                    priority = RequestPriority.High;
                    break;
                case "normal":
                    break;
                case "low":
                    priority = RequestPriority.Low;
                    break;
                default:
                    wrong = (PriorityName, $"{PriorityName} must be high, normal or low.");
                    return false;
            }
        }

        read = new RequestHeaders(deadline, priority);
        return true;
    }

    /// <summary>The client's own request id, where it is one that may be echoed: 1 to 128 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    public static string? ClientId(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(RequestIdName, out var values) || values.Count != 1 || values[0] is not { Length: > 0 and <= MaxClientIdLength } id)
        {
            return null;
        }

        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return null;
            }
        }

        return id;
    }
}
