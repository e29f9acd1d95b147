using Beamtime.Control.Scans;
using static Beamtime.Control.Scans.ScanState;

namespace Beamtime.Tests.Scans;

public sealed class ScanStateTests
{
    private static readonly HashSet<(ScanState, ScanState)> Allowed =
    [
        (Pending, Running), (Pending, Cancelled),
        (Running, Paused), (Running, Completed), (Running, Aborted), (Running, Halted), (Running, UserCompleted),
        (Running, Interrupted),
        (Paused, Running), (Paused, Aborted), (Paused, Halted), (Paused, UserCompleted), (Paused, Interrupted),
    ];

    [Fact]
    public void Every_pair_of_states_is_allowed_or_not()
    {
        foreach (var from in Enum.GetValues<ScanState>())
        {
            foreach (var to in Enum.GetValues<ScanState>())
            {
                Assert.True(from.CanBecome(to) == Allowed.Contains((from, to)), $"{from} → {to}");
            }
        }
    }

    [Fact]
    public void A_scan_that_is_over_goes_nowhere() => Assert.All(
        Enum.GetValues<ScanState>(),
        from => Assert.Equal(from.IsOver, !Enum.GetValues<ScanState>().Any(to => from.CanBecome(to))));
}
