namespace Beamtime.Core.Topics.Spool;

/// <summary>How far a stream of a spool is. Changed under the spool's lock.</summary>
/// <param name="name">Its name, as it is written.</param>
internal sealed class SpoolStream(byte[] name)
{
    /// <summary>Its name, as it is written.</summary>
    public byte[] Name => name;

    /// <summary>The sequence after its last record.</summary>
    public long Next { get; set; }

    /// <summary>The first sequence that is still needed.</summary>
    public long Kept { get; set; }

    /// <summary>The number that its owner gave its last record; what has another is not needed any more.</summary>
    public long Tag { get; set; }

    /// <summary>Another tag: what was there before is over.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="first">The first sequence under it.</param>
    public void Begin(long tag, long first) => (Tag, Kept, Next) = (tag, first, first);
}
