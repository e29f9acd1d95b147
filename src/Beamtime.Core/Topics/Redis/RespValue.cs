using System.Globalization;
using System.Text;

namespace Beamtime.Core.Topics.Redis;

/// <summary>What a reply of Redis is.</summary>
internal enum RespKind : byte
{
    /// <summary>Nothing.</summary>
    Null,

    /// <summary>Text or bytes.</summary>
    Bytes,

    /// <summary>The server refused the command.</summary>
    Error,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A floating point number.</summary>
    Double,

    /// <summary>A truth value.</summary>
    Boolean,

    /// <summary>Several values, in order; a set as well.</summary>
    Array,

    /// <summary>Names and values by turns.</summary>
    Map,

    /// <summary>Said by the server without being asked.</summary>
    Push,
}

/// <summary>One reply of Redis, or a part of one. Its bytes lie in memory of its own.</summary>
internal readonly struct RespValue
{
    private readonly long _number;
    private readonly RespValue[]? _items;

    private RespValue(RespKind kind, long number, ReadOnlyMemory<byte> bytes, RespValue[]? items)
    {
        Kind = kind;
        _number = number;
        Bytes = bytes;
        _items = items;
    }

    /// <summary>What it is.</summary>
    public RespKind Kind { get; }

    /// <summary>Text, bytes, or what an error says.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The parts of an array, map or push; empty for anything else.</summary>
    public IReadOnlyList<RespValue> Items => _items ?? [];

    /// <summary>The whole number, also where it came as text.</summary>
    public long Integer => Kind switch
    {
        RespKind.Integer or RespKind.Boolean => _number,
        RespKind.Bytes when long.TryParse(Bytes.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
            number,
        _ => throw RedisErrors.Protocol.Fault($"Redis sent {this} where a number was due."),
    };

    /// <summary>The floating point number.</summary>
    public double Double => Kind == RespKind.Double ? BitConverter.Int64BitsToDouble(_number) : Integer;

    /// <summary>Whether there is nothing.</summary>
    public bool IsNull => Kind == RespKind.Null;

    /// <summary>Nothing.</summary>
    public static RespValue Null => default;

    /// <summary>Bytes or text.</summary>
    public static RespValue Of(ReadOnlyMemory<byte> bytes) => new(RespKind.Bytes, 0, bytes, null);

    /// <summary>What an error says.</summary>
    public static RespValue Error(ReadOnlyMemory<byte> bytes) => new(RespKind.Error, 0, bytes, null);

    /// <summary>A whole number.</summary>
    public static RespValue Of(long number) => new(RespKind.Integer, number, default, null);

    /// <summary>A floating point number.</summary>
    public static RespValue Of(double number) => new(RespKind.Double, BitConverter.DoubleToInt64Bits(number), default, null);

    /// <summary>A truth value.</summary>
    public static RespValue Of(bool isTrue) => new(RespKind.Boolean, isTrue ? 1 : 0, default, null);

    /// <summary>Several values.</summary>
    public static RespValue Of(RespKind kind, RespValue[] items) => new(kind, 0, default, items);

    /// <summary>The value under a name in a map, or in an array of names and values.</summary>
    /// <param name="name">The name.</param>
    public RespValue Field(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i + 1 < Items.Count; i += 2)
        {
            if (Items[i].Bytes.Span.SequenceEqual(name))
            {
                return Items[i + 1];
            }
        }

        return Null;
    }

    /// <summary>The text, or a short account of what it is.</summary>
    public override string ToString() => Kind switch
    {
        RespKind.Bytes or RespKind.Error => Encoding.UTF8.GetString(Bytes.Span),
        RespKind.Integer => _number.ToString(CultureInfo.InvariantCulture),
        RespKind.Double => Double.ToString(CultureInfo.InvariantCulture),
        RespKind.Boolean => _number == 1 ? "true" : "false",
        RespKind.Null => "nothing",
        _ => $"{Kind} of {Items.Count}",
    };
}
