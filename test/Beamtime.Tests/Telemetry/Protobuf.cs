using System.Text;

namespace Beamtime.Tests.Telemetry;

/// <summary>A message in protobuf's wire form, walked without knowing its type.</summary>
internal sealed class Protobuf
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    public Protobuf(ReadOnlySpan<byte> message)
    {
        while (message.Length > 0)
        {
            var key = Varint(ref message);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((field, Varint(ref message), []));
                    break;
                case 1:
                    _fields.Add((field, BitConverter.ToUInt64(message), []));
                    message = message[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref message);
                    _fields.Add((field, 0, message[..length].ToArray()));
                    message = message[length..];
                    break;
                case 5:
                    _fields.Add((field, BitConverter.ToUInt32(message), []));
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    /// <summary>The messages in a field, one after the other.</summary>
    public IEnumerable<Protobuf> Messages(int field) => _fields.Where(f => f.Field == field).Select(f => new Protobuf(f.Bytes));

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field));

    public ulong Number(int field) => _fields.Find(f => f.Field == field).Number;

    private byte[] Bytes(int field) => _fields.Find(f => f.Field == field).Bytes ?? [];

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
