using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// The highest owner's epoch that this device server has seen, kept on disk so that an owner that was replaced cannot
/// command devices, even after a restart.
/// </summary>
/// <param name="path">The file that keeps it; its folder exists.</param>
/// <exception cref="RefusedException"><c>device.epoch.unreadable</c>.</exception>
internal sealed class OwnerEpoch(string path)
{
    private readonly Lock _gate = new();
    private long _highest = Read(path);

    /// <summary>The highest seen.</summary>
    public long Highest => Volatile.Read(ref _highest);

    /// <summary>Accepts an owner's epoch, raising the highest when it is newer.</summary>
    /// <param name="epoch">The epoch that a command carries.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>device.owner.stale</c>.</exception>
    public void Accept(long epoch)
    {
        var highest = Highest;
        if (epoch == highest)
        {
            return;
        }

        lock (_gate)
        {
            if (epoch < _highest)
            {
                throw DeviceErrors.OwnerStale.Fault($"A command of epoch {epoch} came after one of epoch {_highest}.");
            }

            Write(epoch);
            Volatile.Write(ref _highest, epoch);
        }
    }

    private static long Read(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        return long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            ? epoch
            : throw new RefusedException(DeviceErrors.EpochUnreadable.Because($"{path} does not hold a number."));
    }

    private void Write(long epoch)
    {
        var temporary = path + ".tmp";
        using (var file = File.Create(temporary))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(epoch.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
