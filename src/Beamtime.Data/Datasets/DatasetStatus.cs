namespace Beamtime.Data.Datasets;

/// <summary>Where a data set stands; the picture is in this folder's README.</summary>
internal enum DatasetStatus
{
    /// <summary>Its manifest is known; its files have not been found on a storage yet.</summary>
    Registered,

    /// <summary>Its files lie on a storage.</summary>
    Placed,

    /// <summary>Every file has a verified copy on a storage that is not the one it appeared on.</summary>
    Secured,
}

/// <summary>Where one copy of one file stands.</summary>
internal enum CopyState
{
    /// <summary>Is to be made, or is being made.</summary>
    Copying,

    /// <summary>Lies there whole; nobody has read it back.</summary>
    Present,

    /// <summary>Was read back from the disk with the right checksum.</summary>
    Verified,

    /// <summary>Read back with another checksum or size.</summary>
    Corrupt,

    /// <summary>Is not there, and nobody recorded its removal.</summary>
    Missing,

    /// <summary>Was removed on purpose.</summary>
    Removed,
}

/// <summary>The allowed moves of data sets and copies.</summary>
internal static class DatasetMoves
{
    extension(DatasetStatus from)
    {
        /// <summary>Whether a data set that stands here may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The status asked for.</param>
        public bool CanBecome(DatasetStatus to) => (from, to) switch
        {
            (DatasetStatus.Registered, DatasetStatus.Placed) => true,
            (DatasetStatus.Placed, DatasetStatus.Secured) => true,
            _ => false,
        };
    }

    extension(CopyState from)
    {
        /// <summary>Whether a copy that stands here may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The state asked for.</param>
        public bool CanBecome(CopyState to) => (from, to) switch
        {
            (CopyState.Copying, CopyState.Present) => true,
            (CopyState.Present or CopyState.Verified, CopyState.Verified or CopyState.Corrupt or CopyState.Missing or CopyState.Removed) => true,
            (CopyState.Corrupt or CopyState.Missing or CopyState.Removed, CopyState.Copying) => true,
            (CopyState.Corrupt, CopyState.Removed) => true,
            _ => false,
        };
    }
}
