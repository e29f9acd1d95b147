using System.Globalization;

namespace Beamtime.Core.Topics.Redis;

/// <summary>Makes a value of a whole reply; <see cref="RespScanner"/> has seen that it is one.</summary>
internal static class RespParser
{
    /// <summary>The value.</summary>
    /// <param name="reply">The reply's bytes; the value keeps them.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>redis.protocol</c>.</exception>
    public static RespValue Parse(ReadOnlyMemory<byte> reply)
    {
        var at = 0;
        return Next(reply, ref at);
    }

    private static RespValue Next(ReadOnlyMemory<byte> reply, ref int at)
    {
        while (true)
        {
            var rest = reply.Span[at..];
            var end = rest.IndexOf((byte)'\n') - 1;
            var kind = (char)rest[0];
            var line = reply.Slice(at + 1, end - 1);
            at += end + 2;
            switch (kind)
            {
                case '+' or '(':
                    return RespValue.Of(line);
                case '-':
                    return RespValue.Error(line);
                case ':':
                    return RespValue.Of(Number(line.Span));
                case '_':
                    return RespValue.Null;
                case '#':
                    return RespValue.Of(line.Span.SequenceEqual("t"u8));
                case ',':
                    return RespValue.Of(Fraction(line.Span));
                case '$' or '!' or '=':
                    return Text(kind, reply, (int)Number(line.Span), ref at);
                case '|':
                    _ = Items(reply, 2 * (int)Number(line.Span), ref at);
                    continue;
                default:
                    var count = (int)Number(line.Span) * (kind == '%' ? 2 : 1);
                    return count < 0 ? RespValue.Null : RespValue.Of(Kind(kind), Items(reply, count, ref at));
            }
        }
    }

    private static RespKind Kind(char kind) => kind switch
    {
        '%' => RespKind.Map,
        '>' => RespKind.Push,
        _ => RespKind.Array,
    };

    private static RespValue[] Items(ReadOnlyMemory<byte> reply, int count, ref int at)
    {
        if (count <= 0)
        {
            return [];
        }

        var items = new RespValue[count];
        for (var i = 0; i < count; i++)
        {
            items[i] = Next(reply, ref at);
        }

        return items;
    }

    private static RespValue Text(char kind, ReadOnlyMemory<byte> reply, int size, ref int at)
    {
        if (size < 0)
        {
            return RespValue.Null;
        }

        var bytes = reply.Slice(at, size);
        at += size + 2;
        // A verbatim string begins with its format, three letters and a colon.
        return kind == '!' ? RespValue.Error(bytes) : RespValue.Of(kind == '=' && size >= 4 ? bytes[4..] : bytes);
    }

    private static long Number(ReadOnlySpan<byte> text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw RedisErrors.Protocol.Fault("Redis sent a number that is none.");

    private static double Fraction(ReadOnlySpan<byte> text) => text switch
    {
        _ when text.SequenceEqual("inf"u8) => double.PositiveInfinity,
        _ when text.SequenceEqual("-inf"u8) => double.NegativeInfinity,
        _ when text.SequenceEqual("nan"u8) => double.NaN,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw RedisErrors.Protocol.Fault("Redis sent a number that is none."),
    };
}
