using System.Buffers.Binary;
using Beamtime.Core.Topics.Spool;

namespace Beamtime.Core.Topics.Redis;

/// <summary>A message of a topic as it lies in the spool: eight bytes of its time, then its body.</summary>
internal static class SpooledMessage
{
    /// <summary>The record of a message.</summary>
    /// <param name="stream">The topic's key.</param>
    /// <param name="log">Which log it belongs to.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="message">The message.</param>
    public static SpoolRecord Of(string stream, long log, long offset, RingMessage message)
    {
        var body = new byte[8 + message.Body.Length];
        BinaryPrimitives.WriteInt64LittleEndian(body, message.PublishedAt);
        message.Body.Span.CopyTo(body.AsSpan(8));
        return new SpoolRecord(stream, offset, Guid.Empty, log, body);
    }

    /// <summary>The message of a record.</summary>
    /// <param name="record">The record.</param>
    public static RingMessage Read(SpoolRecord record) =>
        new(record.Body[8..], BinaryPrimitives.ReadInt64LittleEndian(record.Body.Span));
}
