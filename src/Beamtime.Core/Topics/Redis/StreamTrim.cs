namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// Trims a stream to the messages that are kept: as many as the topic's capacity, acknowledged or not, and by id, so that
/// nothing that is not acknowledged goes.
/// </summary>
/// <param name="key">The stream.</param>
/// <param name="capacity">Of the topic.</param>
internal sealed class StreamTrim(byte[] key, int capacity)
{
    private long _trimmed;

    /// <summary>Offset of the first message of this publisher; the ids of those before it are not known here.</summary>
    public long OwnFrom { get; set; }

    /// <summary>The stream was made anew.</summary>
    public void BeginAnew() => _trimmed = 0;

    /// <summary>Adds the command that trims, where there is enough to gain.</summary>
    /// <param name="commands">What is sent next.</param>
    /// <param name="epoch">The publisher's epoch.</param>
    /// <param name="keep">Offset of the first message that is kept.</param>
    public void Add(RedisCommands commands, long epoch, long keep)
    {
        // What an older epoch wrote goes with the first of ours that goes.
        if (keep <= OwnFrom || keep - _trimmed < Math.Max(1, capacity / 8))
        {
            return;
        }

        commands.Begin(5);
        commands.Word("XTRIM"u8);
        commands.Word(key);
        commands.Word("MINID"u8);
        commands.Word("~"u8);
        RedisEntries.Id(commands, epoch, keep + 1);
        _trimmed = keep;
    }
}
