using System.Text.Json;

namespace Krewe.EngineSim.Protocol;

/// <summary>Reads <c>kv_transfer_params</c>.</summary>
internal static class TransferReader
{
    /// <summary>More than any engine has; a list beyond it is refused.</summary>
    private const int MaxBlocks = 1_000_000;

    public static KvTransferParams? Read(ref Utf8JsonReader json)
    {
        if (!JsonFields.OptionalObject(ref json, "kv_transfer_params"))
        {
            return null;
        }

        var result = new KvTransferParams();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("do_remote_decode"u8))
            {
                result.DoRemoteDecode = JsonFields.OptionalBool(ref json, "kv_transfer_params.do_remote_decode") ?? false;
            }
            else if (json.ValueTextEquals("do_remote_prefill"u8))
            {
                result.DoRemotePrefill = JsonFields.OptionalBool(ref json, "kv_transfer_params.do_remote_prefill") ?? false;
            }
            else if (json.ValueTextEquals("remote_engine_id"u8))
            {
                result.RemoteEngineId = JsonFields.OptionalString(ref json, "kv_transfer_params.remote_engine_id");
            }
            else if (json.ValueTextEquals("remote_request_id"u8))
            {
                result.RemoteRequestId = JsonFields.OptionalString(ref json, "kv_transfer_params.remote_request_id");
            }
            else if (json.ValueTextEquals("remote_host"u8))
            {
                result.RemoteHost = JsonFields.OptionalString(ref json, "kv_transfer_params.remote_host");
            }
            else if (json.ValueTextEquals("remote_port"u8))
            {
                result.RemotePort = JsonFields.OptionalInt(ref json, "kv_transfer_params.remote_port", 1, 65535);
            }
            else if (json.ValueTextEquals("remote_block_ids"u8))
            {
                result.RemoteBlockIds = ReadBlocks(ref json);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        return result;
    }

    /// <summary>Reads the block ids that the reader stands before: a list, or a list of lists.</summary>
    public static int[]? ReadBlocks(ref Utf8JsonReader json)
    {
        const string Field = "kv_transfer_params.remote_block_ids";
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw JsonFields.Wrong(Field, "an array of block ids");
        }

        var blocks = new List<int>();
        for (var depth = 1; depth > 0;)
        {
            json.Read();
            switch (json.TokenType)
            {
                case JsonTokenType.StartArray when depth == 1:
                    depth++;
                    break;
                case JsonTokenType.EndArray:
                    depth--;
                    break;
                default:
                    blocks.Add(JsonFields.Int(ref json, Field));
                    break;
            }

            if (blocks.Count > MaxBlocks)
            {
                throw JsonFields.Wrong(Field, $"at most {MaxBlocks} block ids");
            }
        }

        return [.. blocks];
    }
}
