using System.Globalization;
using System.Text.Json;
using Beamtime.Control.Beamline;
using Beamtime.Control.Procedures;
using Beamtime.Control.Runs;
using Beamtime.Control.Scans;
using Beamtime.Data.Datasets;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>What the demo ends with.</summary>
/// <param name="Correlation">Of the reconstructed middle slice with the phantom's.</param>
/// <param name="Volume">The volume file.</param>
internal sealed record DemoResult(double Correlation, string Volume);

/// <summary>The course of the demo: what an operator does, request by request.</summary>
internal sealed class DemoCourse(BeamtimeClient client, DemoReport report)
{
    /// <summary>Correlation that a sound reconstruction exceeds.</summary>
    public const double LeastCorrelation = 0.9;

    private const int Projections = 181;
    private const double ExposureSeconds = 0.05;
    private const double EnergyKev = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs the demo.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<DemoResult> RunAsync(CancellationToken cancel)
    {
        await report.StepAsync("permits", () => GateAsync("energy_change", cancel));
        await ProcedureAsync("open_shutters", "open shutters", [], cancel);
        await ProcedureAsync("energy_setting", "set energy", new() { ["energy_kev"] = JsonSerializer.SerializeToElement(EnergyKev) }, cancel);
        await ProcedureAsync("motor_homing", "home", [], cancel);
        var captures = await ProcedureAsync("rotation_center", "rotation centre", [], cancel);
        var centre = captures["rotation_center"].GetRawText();
        await report.StepAsync("gate", () => GateAsync("tomo_step", cancel));
        var scan = await report.StepAsync("tomography scan", () => ScanAsync(centre, cancel));
        var raw = await report.StepAsync("copy and verify", () => SecuredAsync(scan, cancel));
        var volume = await report.StepAsync("reconstruct", () => DerivedAsync(raw, cancel));
        return await report.StepAsync("compare", () => Task.FromResult(Compare(raw, volume)));
    }

    private async Task<(bool, string)> GateAsync(string plan, CancellationToken cancel)
    {
        var gate = await client.GetAsync<GateAnswer>($"gate?plan={plan}", cancel);
        return gate.IsOpen
            ? (true, $"open for {plan}: {string.Join(", ", gate.Enclosures.Concat(gate.Beam).Select(WordsFor))}")
            : throw new RefusedException([.. gate.Reasons]);
    }

    private static string WordsFor(PermitAnswer signal) => (signal.Role, signal.State) switch
    {
        (SignalRole.Shutter, PermitState.Permitted) => $"{signal.Name} open",
        (SignalRole.Shutter, PermitState.NotPermitted) => $"{signal.Name} closed",
        (_, PermitState.Permitted) => $"{signal.Name} permitted",
        (_, PermitState.NotPermitted) => $"{signal.Name} not permitted",
        _ => $"{signal.Name} unknown",
    };

    private async Task<IReadOnlyDictionary<string, JsonElement>> ProcedureAsync(
        string name, string title, Dictionary<string, JsonElement> parameters, CancellationToken cancel) =>
        await report.StepAsync(title, async () =>
        {
            var run = await client.PostAsync<ProcedureRunAnswer>(
                $"procedures/{name}/runs", new ProcedureRunRequest { Parameters = parameters }, cancel);
            while (run.State == ProcedureState.Running)
            {
                await Task.Delay(Pause, TimeProvider.System, cancel);
                run = await client.GetAsync<ProcedureRunAnswer>($"procedure-runs/{run.Id}", cancel);
            }

            if (run.State != ProcedureState.Completed)
            {
                throw new RefusedException([.. run.Reasons]);
            }

            var given = string.Join(", ", run.Captures
                .Where(c => c.Value.ValueKind == JsonValueKind.Number && !c.Key.Contains('.', StringComparison.Ordinal))
                .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value.GetDouble():0.###}")));
            return (run.Captures, $"procedure {name}, {run.Steps.Count} steps{(given.Length > 0 ? ": " + given : "")}");
        });

    private async Task<(ScanAnswer, string)> ScanAsync(string centre, CancellationToken cancel)
    {
        var request = new ScanRequest
        {
            Scan = "tomo_step",
            Parameters = new Dictionary<string, string>
            {
                ["projections"] = Projections.ToString(CultureInfo.InvariantCulture),
                ["exposure"] = ExposureSeconds.ToString(CultureInfo.InvariantCulture),
            },
            Metadata = new Dictionary<string, string>
            {
                ["title"] = "demo tomography",
                ["sample_name"] = "phantom of ellipsoids",
                ["rotation_center"] = centre,
            },
        };
        var scan = await client.PostAsync<ScanAnswer>("scans", request, cancel);
        while (!scan.State.IsOver || scan.IsRecorded != true)
        {
            if (scan is { State: not ScanState.Completed, State.IsOver: true })
            {
                throw new RefusedException([.. scan.Reasons]);
            }

            report.Progress("tomography scan", scan.Points, scan.PlannedPoints);
            await Task.Delay(Pause, TimeProvider.System, cancel);
            scan = await client.GetAsync<ScanAnswer>($"scans/{scan.Number}", cancel);
        }

        report.Detail(scan.File!);
        return (scan, $"S{scan.Number:D5}: {scan.Points} frames");
    }

    private async Task<(DatasetView, string)> SecuredAsync(ScanAnswer scan, CancellationToken cancel)
    {
        var dataset = await DatasetAsync(
            scan.Id.ToString(), d => d.Summary.Status == "Secured", cancel);
        foreach (var file in dataset.Files)
        {
            report.Detail($"{PathOf(file)}  sha256 {file.Sha256![..12]}");
        }

        return (dataset, $"{dataset.Files.Count} files on {string.Join(" and ", dataset.Summary.Storages)}");
    }

    private async Task<(DatasetView, string)> DerivedAsync(DatasetView raw, CancellationToken cancel)
    {
        raw = await DatasetAsync(raw.Summary.Id.ToString(), d => d.Derived.Count > 0, cancel);
        var volume = await DatasetAsync(raw.Derived[0].ToString(), d => d.Files.Count > 0, cancel);
        foreach (var file in volume.Files)
        {
            report.Detail(PathOf(file));
        }

        return (volume, $"{volume.Summary.Name}, derived from {raw.Summary.Name}");
    }

    private static (DemoResult, string) Compare(DatasetView raw, DatasetView volume)
    {
        var volumeFile = PathOf(volume.Files.First(f => f.Path.EndsWith(".h5", StringComparison.Ordinal)));
        var frameFile = PathOf(raw.Files.First(f => !f.Path.Contains("_master", StringComparison.Ordinal)));
        var correlation = SliceComparison.Correlate(volumeFile, frameFile);
        return (
            new DemoResult(correlation, volumeFile),
            string.Create(CultureInfo.InvariantCulture, $"middle slice against the phantom: correlation {correlation:0.000}"));
    }

    private async Task<DatasetView> DatasetAsync(string id, Func<DatasetView, bool> isReady, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var dataset = await client.GetAsync<DatasetView>($"datasets/{id}", cancel);
                if (dataset.Workflow is { State: "Failed" or "Cancelled" } flow)
                {
                    throw new RefusedException(new Reason(
                        flow.Code ?? "flow.failed", flow.Error ?? "the flow failed", flow.Remedy ?? "See the server's log."));
                }

                if (isReady(dataset))
                {
                    return dataset;
                }

                if (dataset.Activity is { } activity)
                {
                    report.Progress(activity.What.Split(' ')[0], activity.Done, activity.Of);
                }
            }
            catch (ProblemException unknown) when (unknown.Problem.Status == StatusCodes.Status404NotFound)
            {
                // Registered in a moment.
            }

            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    // The copy to work on: a verified one.
    private static string PathOf(FileView file) => file.Copies.First(c => c is { State: "Verified", Path: not null }).Path!;
}
