using Beamtime.Control.Devices;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>
/// A flight of a running scan: kicks off the flyers, and has their readings made into points slice by slice, so that the
/// scan can be held, aborted and watched in between. What a lost device server had collected is gone: a flight is not
/// repeated, the scan ends.
/// </summary>
internal sealed class ScanFlight(
    Flight flight, int first, ScanInstructions instructions, ScanDevices devices, TimeProvider time)
{
    /// <summary>Runs the flight to its end.</summary>
    /// <param name="scan">The scan, for its checkpoints.</param>
    /// <param name="taken">Takes how many points there are by now.</param>
    /// <param name="cancel">Fires on abort.</param>
    /// <returns>Points of the flight.</returns>
    public async ValueTask<int> RunAsync(RunningScan scan, Action<int> taken, CancellationToken cancel)
    {
        string[] flyers = [flight.Leader, .. flight.Followers];
        var known = flyers.Select(devices.Flying).ToArray();
        await AskAsync(
            [
                .. flight.Followers.Select(f => new Operation(0, OperationKind.Kickoff, f)),
                new Operation(1, OperationKind.Kickoff, flight.Leader),
            ],
            new InstructionDetails { Flight = flight, FirstPoint = first },
            cancel);
        Operation[] collect =
        [
            .. flyers.Select(f => new Operation(0, OperationKind.Collect, f)),
            .. devices.Monitored.Select(d => new Operation(0, OperationKind.Read, d.Name)),
        ];
        var moved = flight.Moves.Count == 0 ? null : await scan.StartAsync(flight.Moves, cancel);
        var heardAt = time.GetTimestamp();
        var points = 0;
        var isLate = false;
        while (true)
        {
            if (scan.IsPaused)
            {
                await HoldAsync(scan, known, cancel);
                heardAt = time.GetTimestamp();
            }

            var done = await AskAsync(
                collect, new InstructionDetails { FirstPoint = first, EndsFlight = isLate }, cancel);
            var flown = done.Flown!;
            taken(flown.Points);
            if (flown.IsOver)
            {
                foreach (var gap in flown.Gaps)
                {
                    scan.Warn(gap);
                }

                if (moved is not null)
                {
                    await moved.WaitAsync(cancel);
                }

                return flown.Points;
            }

            if (flown.Points > points)
            {
                (points, heardAt) = (flown.Points, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(heardAt) > flight.Silence)
            {
                isLate = flown.IsLeaderOver
                    ? true
                    : throw DeviceErrors.Deadline.Fault(
                        $"{flight.Leader} gave no reading for {flight.Silence.TotalSeconds:0.###} s, after {points} points of the flight.");
            }
        }
    }

    // Where no flyer can be held, the flight goes on, and the scan is held behind it.
    private async ValueTask HoldAsync(RunningScan scan, KnownDevice[] flyers, CancellationToken cancel)
    {
        string[] held = [.. flyers.Where(f => f.CanDo(DeviceAbilities.Holdable)).Select(f => f.Name)];
        if (!held.Contains(flight.Leader))
        {
            return;
        }

        // The one that gives the triggers first, and last when it goes on.
        await AskAsync([.. held.Select((d, i) => new Operation(i, OperationKind.Hold, d))], null, cancel);
        await scan.WhileHeldAsync(cancel);
        await AskAsync(
            [.. held.Reverse().Select((d, i) => new Operation(i, OperationKind.Resume, d))], null, cancel);
    }

    private ValueTask<InstructionDone> AskAsync(
        Operation[] operations, InstructionDetails? details, CancellationToken cancel) => instructions.AskAsync(
        operations, instructions.Link.Options.StageDeadline, cancel, details, isPatient: false);
}
