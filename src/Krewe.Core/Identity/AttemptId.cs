namespace Krewe.Core.Identity;

/// <summary>One try at serving a request: the request and the try's number, from 1. An engine sees at most one dispatch of each.</summary>
public readonly record struct AttemptId(RequestId Request, int Number)
{
    public override string ToString() => $"{Request}/{Number}";
}
