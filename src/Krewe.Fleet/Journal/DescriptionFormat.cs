using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;

namespace Krewe.Fleet.Journal;

/// <summary>An ended request as bytes, within one process only: no other release or machine ever reads them.</summary>
internal static class DescriptionFormat
{
    public static void Write(ArrayBufferWriter<byte> output, RequestDescription request)
    {
        Put(output, request.Id);
        PutText(output, request.Pool.Value);
        PutText(output, request.Tenant.Value);
        PutText(output, request.Model);
        Put(output, request.Streaming);
        Put(output, request.Phase);
        PutIfAny(output, request.Outcome);
        Put(output, request.DeadlineRemainingMs);
        Put(output, request.AgeMs);
        PutIfAny(output, request.QueuedMs);
        PutIfAny(output, request.QueuedFor);
        PutIfAny(output, request.AdmittedAt?.Ticks);
        PutIfAny(output, request.Unhosted);
        Put(output, request.TokensSent);
        Put(output, request.Attempts.Count);
        foreach (var attempt in request.Attempts)
        {
            Put(output, attempt.Number);
            PutHalf(output, attempt.Prefill);
            PutHalf(output, attempt.Decode);
            PutIfAny(output, attempt.Cause);
            PutIfAny(output, attempt.FailedLeg);
            Put(output, attempt.TokensBefore);
            Put(output, attempt.TokensSent);
            PutIfAny(output, attempt.QueuedMs);
            PutIfAny(output, attempt.QueuedFor);
            Put(output, attempt.BoundMs);
            PutIfAny(output, attempt.Bypass);
            PutIfAny(output, attempt.PrefillStartedMs);
            PutIfAny(output, attempt.PrefillDoneMs);
            PutIfAny(output, attempt.FirstTokenMs);
            PutIfAny(output, attempt.EndedMs);
            PutIfAny(output, attempt.Evidence);
            PutIfAny(output, attempt.Continuation);
            PutIfAny(output, attempt.ContinuationRefusal);
            PutIfAny(output, attempt.Next);
            PutIfAny(output, attempt.BackoffMs);
            PutIfAny(output, attempt.RetryRefusal);
        }
    }

    public static RequestDescription Read(ReadOnlySpan<byte> input) => new()
    {
        Id = Take<RequestId>(ref input),
        Pool = new PoolName(TakeText(ref input)),
        Tenant = new TenantId(TakeText(ref input)),
        Model = TakeText(ref input),
        Streaming = Take<bool>(ref input),
        Phase = Take<RequestPhase>(ref input),
        Outcome = TakeIfAny<RequestOutcome>(ref input),
        DeadlineRemainingMs = Take<double>(ref input),
        AgeMs = Take<double>(ref input),
        QueuedMs = TakeIfAny<double>(ref input),
        QueuedFor = TakeIfAny<QueueReason>(ref input),
        AdmittedAt = TakeIfAny<long>(ref input) is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
        Unhosted = TakeIfAny<BypassCause>(ref input),
        TokensSent = Take<long>(ref input),
        Attempts = TakeAttempts(ref input),
    };

    private static AttemptDescription[] TakeAttempts(ref ReadOnlySpan<byte> input)
    {
        var attempts = new AttemptDescription[Take<int>(ref input)];
        for (var i = 0; i < attempts.Length; i++)
        {
            attempts[i] = new AttemptDescription
            {
                Number = Take<int>(ref input),
                Prefill = TakeHalf(ref input),
                Decode = TakeHalf(ref input),
                Cause = TakeIfAny<AttemptCause>(ref input),
                FailedLeg = TakeIfAny<LegKind>(ref input),
                TokensBefore = Take<long>(ref input),
                TokensSent = Take<long>(ref input),
                QueuedMs = TakeIfAny<double>(ref input),
                QueuedFor = TakeIfAny<QueueReason>(ref input),
                BoundMs = Take<double>(ref input),
                Bypass = TakeIfAny<BypassCause>(ref input),
                PrefillStartedMs = TakeIfAny<double>(ref input),
                PrefillDoneMs = TakeIfAny<double>(ref input),
                FirstTokenMs = TakeIfAny<double>(ref input),
                EndedMs = TakeIfAny<double>(ref input),
                Evidence = TakeIfAny<EvidenceKind>(ref input),
                Continuation = TakeIfAny<ContinuationKind>(ref input),
                ContinuationRefusal = TakeIfAny<ContinuationRefusal>(ref input),
                Next = TakeIfAny<NextStepKind>(ref input),
                BackoffMs = TakeIfAny<double>(ref input),
                RetryRefusal = TakeIfAny<RetryRefusal>(ref input),
            };
        }

        return attempts;
    }

    private static void PutHalf(ArrayBufferWriter<byte> output, BindingHalfDescription half)
    {
        PutText(output, half.Name);
        Put(output, half.Epoch);
        PutText(output, half.Incarnation);
    }

    private static BindingHalfDescription TakeHalf(ref ReadOnlySpan<byte> input) =>
        new(TakeText(ref input), Take<long>(ref input), TakeText(ref input));

    private static void PutText(ArrayBufferWriter<byte> output, string text)
    {
        Put(output, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }

    private static string TakeText(ref ReadOnlySpan<byte> input)
    {
        var length = Take<int>(ref input);
        var text = Encoding.UTF8.GetString(input[..length]);
        input = input[length..];
        return text;
    }

    private static void PutIfAny<T>(ArrayBufferWriter<byte> output, T? value)
        where T : unmanaged
    {
        Put(output, value.HasValue);
        if (value is { } known)
        {
            Put(output, known);
        }
    }

    private static T? TakeIfAny<T>(ref ReadOnlySpan<byte> input)
        where T : unmanaged => Take<bool>(ref input) ? Take<T>(ref input) : null;

    private static void Put<T>(ArrayBufferWriter<byte> output, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(output.GetSpan(Unsafe.SizeOf<T>()), in value);
        output.Advance(Unsafe.SizeOf<T>());
    }

    private static T Take<T>(ref ReadOnlySpan<byte> input)
        where T : unmanaged
    {
        var value = MemoryMarshal.Read<T>(input);
        input = input[Unsafe.SizeOf<T>()..];
        return value;
    }
}
