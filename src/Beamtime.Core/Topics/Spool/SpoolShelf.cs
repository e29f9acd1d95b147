using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Spool;

/// <summary>
/// The spools of this host, a folder each, named after the roles of the process that has it. A process that is started with
/// other roles finds there what its streams have left in the spools of processes that are gone, and takes it over. Who
/// chooses a spool or looks into another's holds the shelf, so that nobody takes another's folder for one in use.
/// </summary>
/// <param name="folder">The folder of all spools.</param>
/// <param name="time">The clock of its pauses.</param>
/// <param name="logger">Takes what it meets.</param>
internal sealed partial class SpoolShelf(string folder, TimeProvider time, ILogger logger)
{
    private const int MostAlike = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Opens the spool of a process with these roles: the first of their folders that no other process has.</summary>
    /// <param name="roles">The roles, in one name.</param>
    /// <param name="capacity">Bytes that it may hold.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>spool.damaged</c>.</exception>
    public RoleSpool Open(string roles, long capacity)
    {
        Directory.CreateDirectory(folder);
        FileStream? shelf = null;
        SpinWait.SpinUntil(() => (shelf = SpoolLock.TryTake(folder)) is not null);
        using var held = shelf!;
        for (var number = 1; ; number++)
        {
            var own = Path.Combine(folder, number == 1 ? roles : string.Create(CultureInfo.InvariantCulture, $"{roles}-{number}"));
            Directory.CreateDirectory(own);
            if (SpoolLock.TryTake(own) is { } taken)
            {
                return OpenTaken(own, capacity, new SpoolPlace(this, taken));
            }

            if (number == MostAlike)
            {
                throw new IOException($"{MostAlike} spools of the roles {roles} in {folder} are in use.");
            }
        }
    }

    /// <summary>Brings what a stream has left in spools that nobody has to the spool of the process that writes it now.</summary>
    /// <param name="own">That process's spool.</param>
    /// <param name="ownFolder">Its folder.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="cancel">Gives up; what was not brought stays where it is.</param>
    public async Task TakeOverAsync(RoleSpool own, string ownFolder, string stream, CancellationToken cancel)
    {
        // No thread stands still for another one.
        FileStream? shelf;
        while ((shelf = SpoolLock.TryTake(folder)) is null)
        {
            await Task.Delay(Pause, time, cancel);
        }

        await using var held = shelf;
        await TakeOverHeldAsync(own, ownFolder, stream, cancel);
    }

    private static bool IsNewer((long Next, long Tag) theirs, (long Next, long Tag)? ours) =>
        ours is not { } own || theirs.Tag > own.Tag || (theirs.Tag == own.Tag && theirs.Next > own.Next);

    private async Task TakeOverHeldAsync(RoleSpool own, string ownFolder, string stream, CancellationToken cancel)
    {
        foreach (var left in Directory.GetDirectories(folder).Where(f => f != ownFolder).Order(StringComparer.Ordinal))
        {
            if (!SpoolSurvey.HasSegments(left) || SpoolLock.TryTake(left) is not { } taken)
            {
                continue;
            }

            var isEmpty = false;
            await using (var other = OpenTaken(left, long.MaxValue, new SpoolPlace(null, taken)))
            {
                if (other.End(stream) is { } theirs)
                {
                    if (IsNewer(theirs, own.End(stream)))
                    {
                        var records = await other.ReadAsync(stream, int.MaxValue, cancel);
                        own.TakeOver(stream, theirs, records);
                        await own.SyncedAsync(cancel);
                        LogTakenOver(stream, records.Count, left);
                    }

                    // From here on it is in one place alone; a crash before this finds the same in both, and repeats nothing.
                    isEmpty = await other.ForgetAsync(stream, cancel);
                }
            }

            if (isEmpty)
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    private RoleSpool OpenTaken(string spool, long capacity, SpoolPlace place)
    {
        try
        {
            return RoleSpool.Open(spool, capacity, logger, place);
        }
        catch
        {
            place.Held.Dispose();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Stream}: {Count} records that an earlier process left were taken over from {Folder}")]
    private partial void LogTakenOver(string stream, int count, string folder);
}

/// <summary>Where a spool has its place.</summary>
/// <param name="Shelf">The spools of this host; null where it stands alone.</param>
/// <param name="Held">The lock of its folder.</param>
internal sealed record SpoolPlace(SpoolShelf? Shelf, FileStream Held);
