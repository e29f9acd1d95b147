using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Scans;

/// <summary>The changes that one signal publishes, for a scan's code.</summary>
internal static class DeviceChanges
{
    /// <summary>The changes from now on; of those that come while nobody asks, the newest.</summary>
    /// <param name="watch">Tells of changes.</param>
    /// <param name="device">The device.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="cancel">Ends the stream.</param>
    public static async IAsyncEnumerable<Reading> FollowAsync(
        DeviceWatch watch, string device, string signal, [EnumeratorCancellation] CancellationToken cancel)
    {
        var newest = Channel.CreateBounded<Reading>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        watch.Changed += Take;
        try
        {
            await foreach (var change in newest.Reader.ReadAllAsync(cancel))
            {
                yield return change;
            }
        }
        finally
        {
            watch.Changed -= Take;
        }

        void Take(string changed, string of, Reading reading)
        {
            if (changed == device && of == signal)
            {
                newest.Writer.TryWrite(reading);
            }
        }
    }
}
