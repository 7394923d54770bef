using System.Globalization;
using Krewe.Gateway.Tracing;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>The request headers of ours.</summary>
/// <param name="Deadline">How long the request may take; null = as the pool says.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="Resume">How long the stream is to wait for a client whose connection broke; null = not at all.</param>
/// <param name="Trace">The trace that it belongs to.</param>
internal readonly record struct RequestHeaders(TimeSpan? Deadline, RequestPriority Priority, TimeSpan? Resume = null, TraceHeaders Trace = default)
{
    public const string DeadlineName = "Krewe-Deadline-Ms";
    public const string ResumeName = "Krewe-Resume-Ms";
    public const string PriorityName = "Krewe-Priority";

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

        TimeSpan? resume = null;
        if (headers.TryGetValue(ResumeName, out text))
        {
            if (!int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var ms))
            {
                wrong = (ResumeName, $"{ResumeName} must be a whole number of milliseconds.");
                return false;
            }

            resume = TimeSpan.FromMilliseconds(ms);
        }

        read = new RequestHeaders(deadline, priority, resume, TraceHeaders.Read(headers));
        return true;
    }
}
