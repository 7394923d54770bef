namespace Krewe.EngineSim.Protocol;

/// <summary>What every chunk of an answer says of itself.</summary>
/// <param name="Id">The answer's id: <c>chatcmpl-…</c>, <c>cmpl-…</c>.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">The model as asked for.</param>
/// <param name="Instance">The instance's name.</param>
/// <param name="Incarnation">Its life.</param>
/// <param name="Attempt">The request's <c>X-Request-Id</c>, as it came.</param>
internal sealed record AnswerIdentity(string Id, long Created, string Model, string Instance, string Incarnation, string? Attempt)
{
    /// <summary>Appends the extra field that names who made which tokens, up to the value of <c>index</c>.</summary>
    public void AppendSimHead(Utf8Buffer to, ulong seed) =>
        to.Append(",\"krewe_sim\":{\"instance\":"u8).AppendString(Instance)
            .Append(",\"incarnation\":"u8).AppendString(Incarnation)
            .Append(",\"attempt\":"u8).AppendString(Attempt)
            .Append(",\"seed\":"u8).Append(seed)
            .Append(",\"index\":"u8);
}
