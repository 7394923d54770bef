using System.Globalization;
using System.Text;

namespace Krewe.EndToEnd.Tests.Telemetry;

/// <summary>The fields of a protobuf message by number, without a schema.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    public ProtobufMessage(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var tag = Varint(bytes, ref at);
            var (number, data) = (0UL, Array.Empty<byte>());
            switch (tag & 7)
            {
                case 0:
                    number = Varint(bytes, ref at);
                    break;
                case 1:
                    number = BitConverter.ToUInt64(bytes, at);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(bytes, ref at);
                    data = bytes[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    number = BitConverter.ToUInt32(bytes, at);
                    at += 4;
                    break;
                default:
                    throw new FormatException($"Wire type {tag & 7} at {at}.");
            }

            _fields.Add(((int)(tag >> 3), number, data));
        }
    }

    public IEnumerable<ProtobufMessage> Messages(int field) => _fields.Where(one => one.Field == field).Select(one => new ProtobufMessage(one.Bytes));

    public byte[] Bytes(int field) => _fields.Where(one => one.Field == field).Select(one => one.Bytes).LastOrDefault() ?? [];

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public ulong Number(int field) => _fields.Where(one => one.Field == field).Select(one => one.Number).LastOrDefault();

    /// <summary>OTLP's KeyValue with an AnyValue: text, bool, whole number or double.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Attributes(IEnumerable<ProtobufMessage> all) => all.Select(one =>
    {
        var value = new ProtobufMessage(one.Bytes(2));
        var kind = value._fields.Count == 0 ? 1 : value._fields[0].Field;
        return KeyValuePair.Create(one.Text(1), kind switch
        {
            1 => value.Text(1),
            4 => BitConverter.UInt64BitsToDouble(value.Number(4)).ToString(CultureInfo.InvariantCulture),
            _ => ((long)value.Number(kind)).ToString(CultureInfo.InvariantCulture),
        });
    });

    private static ulong Varint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var one = bytes[at++];
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80)
            {
                return value;
            }
        }
    }
}
