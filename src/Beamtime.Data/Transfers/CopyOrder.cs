namespace Beamtime.Data.Transfers;

/// <summary>One file to be copied.</summary>
internal sealed record CopyOrder
{
    /// <summary>The file to copy, absolute.</summary>
    public required string Source { get; init; }

    /// <summary>Where the copy belongs, absolute; missing folders are made.</summary>
    public required string Target { get; init; }

    /// <summary>
    /// Names the unfinished copy: the same order after a restart replaces what the first left, and two orders into one
    /// folder do not meet.
    /// </summary>
    public required Guid Transfer { get; init; }

    /// <summary>Size that was recorded for the file; null when nothing was.</summary>
    public long? Bytes { get; init; }

    /// <summary>Lower-case SHA-256 that was recorded for the file; null when nothing was.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Bytes that stay free on the target's disk.</summary>
    public long ReserveBytes { get; init; }

    /// <summary>The unfinished copy, beside the target.</summary>
    public string Unfinished => Path.Combine(Path.GetDirectoryName(Target)!, $".beamtime-{Transfer:N}.part");
}

/// <summary>A copy that is complete, synced and has its name.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Lower-case SHA-256 of what was read from the source in the pass that copied it.</param>
/// <param name="ModifiedAt">The source's last modification, which the copy carries too.</param>
/// <param name="WasThere">True where the same file lay at the target already and nothing was written.</param>
internal sealed record FinishedCopy(long Bytes, string Sha256, DateTimeOffset ModifiedAt, bool WasThere);

/// <summary>How far a copy or a check has come.</summary>
/// <param name="Bytes">Bytes done.</param>
/// <param name="Of">Bytes in all.</param>
/// <param name="BytesPerSecond">Mean rate since its start.</param>
internal readonly record struct TransferProgress(long Bytes, long Of, double BytesPerSecond);
