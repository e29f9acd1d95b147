using System.Globalization;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// Finds where a reply ends in bytes that come in pieces. It remembers how far it looked, so that a large reply is
/// looked at once and not anew with every piece. Nothing is made of a reply before it is there as a whole, so that what
/// a header promises costs no memory.
/// </summary>
/// <param name="limit">Bytes that a reply may have.</param>
internal struct RespScanner(int limit)
{
    /// <summary>Replies may lie in one another this deep.</summary>
    public const int Deepest = 16;

    private const int LongestLine = 64 * 1024;
    private readonly Level[] _levels = new Level[Deepest];
    private int _depth;
    private int _at;

    /// <summary>Whether the bytes hold a whole reply.</summary>
    /// <param name="bytes">Everything since the end of the last reply; what was given before stands at its beginning.</param>
    /// <param name="length">The reply's bytes.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>redis.protocol</c>.</exception>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int length)
    {
        while (TryLine(bytes, out var line))
        {
            var next = _at + line.Length + 2;
            var isDone = true;
            switch ((char)line[0])
            {
                case '+' or '-' or ':' or '_' or '#' or ',' or '(':
                    break;
                case '$' or '!' or '=':
                    var size = Count(line);
                    if (size < 0)
                    {
                        break;
                    }

                    if (size > limit - next - 2)
                    {
                        throw TooLarge();
                    }

                    if (bytes.Length < next + (int)size + 2)
                    {
                        length = 0;
                        return false;
                    }

                    next += (int)size;
                    if (bytes[next] != '\r' || bytes[next + 1] != '\n')
                    {
                        throw RedisErrors.Protocol.Fault("A value of Redis does not end where it should.");
                    }

                    next += 2;
                    break;
                case '*' or '~' or '>':
                    isDone = !Enter(Count(line), isAttribute: false);
                    break;
                case '%' or '|':
                    isDone = !Enter(Count(line) * 2, isAttribute: line[0] == '|') && line[0] != '|';
                    break;
                default:
                    throw RedisErrors.Protocol.Fault($"Redis sent a reply of the unknown kind 0x{line[0]:x2}.");
            }

            _at = next;
            if (_at > limit)
            {
                throw TooLarge();
            }

            if (isDone && Leave())
            {
                length = _at;
                _at = 0;
                return true;
            }
        }

        length = 0;
        return false;
    }

    private readonly bool TryLine(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        var rest = bytes[_at..];
        var end = rest.IndexOf((byte)'\n');
        if ((end < 0 ? rest.Length : end) > LongestLine)
        {
            throw RedisErrors.Protocol.Fault($"Redis sent a line of more than {LongestLine} bytes.");
        }

        if (end < 0)
        {
            line = default;
            return false;
        }

        if (end < 2 || rest[end - 1] != '\r')
        {
            throw RedisErrors.Protocol.Fault("Redis sent a line that does not end with CR LF.");
        }

        line = rest[..(end - 1)];
        return true;
    }

    private readonly long Count(ReadOnlySpan<byte> line)
    {
        if (!long.TryParse(line[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) || count < -1)
        {
            throw RedisErrors.Protocol.Fault("Redis sent a length that is no number.");
        }

        return count <= limit ? count : throw TooLarge();
    }

    // An attribute's pairs come before the value that they belong to and do not count as one.
    private bool Enter(long count, bool isAttribute)
    {
        if (count <= 0)
        {
            return false;
        }

        if (count * 3 > limit)
        {
            throw TooLarge();
        }

        if (_depth == Deepest)
        {
            throw RedisErrors.Protocol.Fault($"Redis sent a reply that is nested more than {Deepest} deep.");
        }

        _levels[_depth++] = new Level((int)count, isAttribute);
        return true;
    }

    // True when with this value the whole reply has ended.
    private bool Leave()
    {
        while (_depth > 0)
        {
            ref var level = ref _levels[_depth - 1];
            level = level with { Left = level.Left - 1 };
            if (level.Left > 0)
            {
                return false;
            }

            _depth--;
            if (level.IsAttribute)
            {
                return false;
            }
        }

        return true;
    }

    private readonly Sdk.Errors.FaultException TooLarge() =>
        RedisErrors.Protocol.Fault($"Redis sent a reply of more than {limit} bytes.");

    private readonly record struct Level(int Left, bool IsAttribute);
}
