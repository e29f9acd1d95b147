using System.Buffers.Text;
using System.Globalization;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// How messages lie in a stream. An entry carries one message or several that were published together, so that they
/// arrive together or not at all. Its id is <c>epoch-sequence</c>: the publisher's epoch and the offset after its last
/// message; so ids rise, offsets go on when a publisher restarts, and Redis refuses what it has already. The field
/// <c>h</c> says which log it is and when the last message was published by Redis' clock; each <c>m</c> is a message.
/// </summary>
internal static class RedisEntries
{
    /// <summary>Entries asked for at once.</summary>
    public const int FewestAtOnce = 16;

    /// <summary>Messages in one entry.</summary>
    public const int MostMessages = 256;

    /// <summary>Bytes in one entry that has several messages.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>Adds the command that appends messages, unless the stream is gone.</summary>
    public static void Append(RedisCommands commands, ReadOnlySpan<byte> key, long epoch, RedisLog log, IReadOnlyList<RingMessage> messages, long until)
    {
        commands.Begin(4 + 2 + (2 * messages.Count));
        commands.Word("XADD"u8);
        commands.Word(key);
        commands.Word("NOMKSTREAM"u8);
        Id(commands, epoch, until);
        commands.Word("h"u8);
        Span<byte> header = stackalloc byte[48];
        Utf8Formatter.TryFormat(log.Id, header, out var size);
        header[size] = (byte)' ';
        Utf8Formatter.TryFormat(messages[^1].PublishedAt + log.ClockOffset, header[(size + 1)..], out var more);
        commands.Word(header[..(size + 1 + more)]);
        foreach (var message in messages)
        {
            commands.Word("m"u8);
            commands.Word(message.Body.Span);
        }
    }

    /// <summary>Adds an id as a word.</summary>
    public static void Id(RedisCommands commands, long epoch, long sequence)
    {
        Span<byte> id = stackalloc byte[42];
        Utf8Formatter.TryFormat(epoch, id, out var size);
        id[size] = (byte)'-';
        Utf8Formatter.TryFormat(sequence, id[(size + 1)..], out var more);
        commands.Word(id[..(size + 1 + more)]);
    }

    /// <summary>Reads an entry; what is no entry of ours is a fault.</summary>
    /// <param name="entry">Id and fields.</param>
    public static RedisEntry Read(RespValue entry)
    {
        if (entry.Items.Count != 2 || entry.Items[1].Items.Count < 4 || !entry.Items[1].Items[0].Bytes.Span.SequenceEqual("h"u8))
        {
            throw RedisErrors.Command.Fault($"The stream has the entry {entry} that no topic has written.");
        }

        var (epoch, until) = Id(entry.Items[0].Bytes.Span);
        var fields = entry.Items[1].Items;
        var header = fields[1].Bytes.Span;
        if (!Utf8Parser.TryParse(header, out long log, out var size) || size + 1 >= header.Length
            || !Utf8Parser.TryParse(header[(size + 1)..], out long at, out _))
        {
            throw RedisErrors.Command.Fault($"The stream has the entry {entry.Items[0]} that no topic has written.");
        }

        return new RedisEntry(epoch, until, log, at, fields);
    }

    /// <summary>Reads an id.</summary>
    /// <param name="id"><c>epoch-sequence</c>.</param>
    public static (long Epoch, long Sequence) Id(ReadOnlySpan<byte> id) =>
        Utf8Parser.TryParse(id, out long epoch, out var size) && size < id.Length && id[size] == '-'
            && Utf8Parser.TryParse(id[(size + 1)..], out long sequence, out _)
            ? (epoch, sequence)
            : throw RedisErrors.Command.Fault($"Redis gave the id {System.Text.Encoding.UTF8.GetString(id)}.");

    /// <summary>An id as text.</summary>
    public static string Id(long epoch, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{epoch}-{sequence}");
}

/// <summary>A message on its way.</summary>
/// <param name="Body">As the codec wrote it.</param>
/// <param name="PublishedAt">Microseconds since 1970 by the publisher's clock.</param>
internal readonly record struct RingMessage(ReadOnlyMemory<byte> Body, long PublishedAt);

/// <summary>Which log messages belong to.</summary>
/// <param name="Id">Epoch of the publisher that began it; another where all was lost and offsets begin anew.</param>
/// <param name="ClockOffset">Redis' clock less the publisher's, in microseconds.</param>
internal readonly record struct RedisLog(long Id, long ClockOffset);

/// <summary>An entry of a stream.</summary>
/// <param name="Epoch">Its publisher's epoch.</param>
/// <param name="Until">Offset after its last message.</param>
/// <param name="Log">Which log it belongs to.</param>
/// <param name="PublishedAt">Microseconds since 1970 by Redis' clock.</param>
/// <param name="Fields">The header and the messages.</param>
internal readonly record struct RedisEntry(long Epoch, long Until, long Log, long PublishedAt, IReadOnlyList<RespValue> Fields)
{
    /// <summary>Messages in it.</summary>
    public int Count => (Fields.Count / 2) - 1;

    /// <summary>Offset of its first message.</summary>
    public long From => Until - Count;

    /// <summary>One of its messages.</summary>
    /// <param name="index">From 0.</param>
    public ReadOnlyMemory<byte> Body(int index) => Fields[(index * 2) + 3].Bytes;
}
