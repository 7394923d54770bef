namespace Krewe.EngineSim.Protocol;

/// <summary>Writes an error in vLLM's shape: nested, its code the status as a number.</summary>
internal static class ErrorBody
{
    public static void Append(Utf8Buffer to, EngineErrorException error) =>
        to.Append("{\"error\":{\"message\":"u8).AppendString(error.Message)
            .Append(",\"type\":"u8).AppendString(error.Type)
            .Append(",\"param\":"u8).AppendString(error.Param)
            .Append(",\"code\":"u8).Append(error.Status)
            .Append("}}"u8);
}
