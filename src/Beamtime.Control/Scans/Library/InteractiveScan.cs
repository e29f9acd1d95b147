// interactive: opens, does what it is asked step by step, and closes.
//
//   plan       the motors it may move; how many points there will be nobody knows
//   core       each step: move, trigger, read; until it is closed, or nothing came for the idle time
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>A scan driven by hand.</summary>
internal sealed class InteractiveScan(ScanArguments arguments) : Scan
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "interactive",
        Description = "Opens a scan that moves, triggers and reads when it is asked to, step by step, until it is closed.",
        Bundle = [new() { Name = "motor", Type = ParameterType.Positioner, Example = "samx", Description = "A motor that steps may move; read at each point." }],
        Bundles = (1, 64),
        Parameters =
        [
            new()
            {
                Name = "idle", Type = ParameterType.Number, Unit = "s", Default = "600", Low = 1, High = 604800,
                Description = "How long no step may come before the scan closes by itself.",
            },
            .. AcquisitionParameters.All.Where(p => p.Name != ScanDeclaration.OnCrash),
        ],
        Create = arguments => new InteractiveScan(arguments),
    };

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position) => AcquisitionParameters.Applied(
        arguments, new ScanPlan { Motors = [.. arguments.Bundles.Select(b => b[0])], IsOpenEnded = true });

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        var idle = TimeSpan.FromSeconds(arguments.Number("idle"));
        scan.Report("waiting for steps");
        while (await scan.NextStepAsync(idle, cancel) is { } step)
        {
            scan.Report($"step {step.Index}");
            try
            {
                await TakeAsync(step, scan, cancel);
                scan.EndStep(step, []);
            }
            catch (FaultException fault)
            {
                // The one who drives it decides what comes next.
                scan.EndStep(step, [fault.Reason]);
            }
            catch (RefusedException refused)
            {
                scan.EndStep(step, refused.Reasons);
            }

            scan.Report("waiting for steps");
        }
    }

    private static async Task TakeAsync(ScanStep step, ScanContext scan, CancellationToken cancel)
    {
        await scan.SetAsync([.. step.Targets.Select(t => (t.Key, Value.Of(t.Value)))], cancel);
        if (step.Triggers && step.Reads == 0)
        {
            await scan.TriggerAsync(cancel);
        }

        for (var i = 0; i < step.Reads; i++)
        {
            await (step.Triggers ? scan.TakePointAsync(default, default, cancel) : scan.ReadPointAsync(default, cancel));
        }
    }
}
