using System.Diagnostics;
using Beamtime.Control.Points;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Core.Topics;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Bench.Scans;

/// <summary>
/// The whole program, all roles in this process, on a beamline of two motors and some detectors without delay, or on the
/// demo's.
/// </summary>
internal sealed class BenchBeamline : IAsyncDisposable
{
    private readonly BeamtimeHost _host;
    private readonly TopicSignal _noticed = new();
    private readonly Subscription<RecordingNotice> _notices;
    private readonly RecordingNotice[] _read = new RecordingNotice[16];

    private BenchBeamline(BeamtimeHost host, string name)
    {
        _host = host;
        Name = name;
        _notices = host.Services.GetRequiredService<RecordingTopics>().Notices.SubscribeLossy(_noticed);
        Client = new HttpClient { BaseAddress = host.Address };
        Client.DefaultRequestHeaders.Authorization = new("Bearer", host.Services.GetRequiredService<LocalSignIn>().Key);
    }

    /// <summary>Which beamline it is.</summary>
    public string Name { get; }

    /// <summary>Speaks REST to it.</summary>
    public HttpClient Client { get; }

    /// <summary>Its database.</summary>
    public BeamtimeDatabase Database => _host.Services.GetRequiredService<BeamtimeDatabase>();

    /// <summary>Its ledger.</summary>
    public LedgerStore Ledger => _host.Services.GetRequiredService<LedgerStore>();

    /// <summary>Openings, points and ends of its scans.</summary>
    public Topic<ScanDocument> Points => _host.Services.GetRequiredService<PointTopics>().Points;

    /// <summary>Devices of two motors and detectors.</summary>
    /// <param name="detectors">Detectors.</param>
    public static string DevicesOf(int detectors) =>
        Motor("samx") + Motor("samy") + string.Concat(Enumerable.Range(1, detectors).Select(Detector));

    /// <summary>
    /// The demo's devices. Those that acquire on their own are left out of scans: what they give is no part of a point.
    /// </summary>
    public static string DemoDevices() => File.ReadAllText(Path.Combine(
            Site.Find("demo", EnvironmentVariables.None, AppContext.BaseDirectory, AppContext.BaseDirectory).DevicesFile))
        .Replace("readoutPriority: async", "readoutPriority: on_request", StringComparison.Ordinal);

    /// <summary>Starts it in a folder.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="name">Which beamline it is.</param>
    /// <param name="devices">Its devices, as their file has them.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<BenchBeamline> StartAsync(
        string folder, string name, string devices, CancellationToken cancel)
    {
        var site = Directory.CreateDirectory(Path.Combine(folder, "site")).FullName;
        await WriteSiteAsync(site, devices, cancel);
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        var launch = HostLaunch.Read(
            site,
            configFile: null,
            [$"database.data_folder={Path.Combine(folder, "data")}", "api.port=0"],
            plugins) with
        {
            ConfigureLogging = static logging => logging.ClearProviders(),
        };
        return new BenchBeamline(await BeamtimeHost.StartAsync(launch, cancel), name);
    }

    /// <summary>Writes the configuration of its beamline.</summary>
    /// <param name="site">The folder.</param>
    /// <param name="devices">Its devices, as their file has them.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task WriteSiteAsync(string site, string devices, CancellationToken cancel)
    {
        await File.WriteAllTextAsync(Path.Combine(site, "beamtime.yaml"), "scans:\n  beamline: bench\n", cancel);
        await File.WriteAllTextAsync(Path.Combine(site, "devices.yaml"), devices, cancel);
    }

    /// <summary>Runs a scan and waits until its final file is closed and registered.</summary>
    /// <param name="request">The scan.</param>
    /// <param name="points">Its points.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Time from the request.</returns>
    public async Task<TimeSpan> ScanAsync(ScanRequest request, int points, CancellationToken cancel)
    {
        await BecomeIdleAsync(cancel);
        var queue = _host.Services.GetRequiredService<ScanQueues>();
        var start = Stopwatch.GetTimestamp();
        if (await queue.SubmitAsync(request, PersonId.LocalOperator, cancel) is not Accepted<StreamState<ScanRecord>> scan)
        {
            throw new InvalidOperationException("The scan was refused.");
        }

        var closed = await ClosedAsync(cancel);
        var taken = Stopwatch.GetElapsedTime(start);
        return closed.Closed.Points == points && closed.Scan == Guid.Parse(scan.Value.Id)
            ? taken
            : throw new InvalidOperationException($"{closed.Closed.Points} of {points} points were recorded.");
    }

    /// <summary>A line scan over the motor.</summary>
    /// <param name="points">Points.</param>
    public static ScanRequest Line(int points) => new()
    {
        Scan = "line",
        Args = ["samx", "-5", "5"],
        Parameters = new Dictionary<string, string> { ["steps"] = $"{points}" },
    };

    /// <summary>A scan of a square grid over both motors.</summary>
    /// <param name="edge">Points along each axis.</param>
    public static ScanRequest Grid(int edge) => new()
    {
        Scan = "grid",
        Args = ["samx", "-5", "5", $"{edge}", "samy", "-5", "5", $"{edge}"],
    };

    /// <summary>Waits for the next recording that is closed.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<RecordingDone> ClosedAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _noticed.WaitAsync(cancel);
            var count = _notices.Read(_read);
            _notices.AcknowledgeRead();
            foreach (var notice in _read.AsSpan(0, count))
            {
                switch (notice)
                {
                    case RecordingDone done:
                        return done;
                    case RecordingFault fault:
                        throw fault.Reason.Code is var code
                            ? new InvalidOperationException($"{code}: {fault.Reason.Message}")
                            : new UnreachableException();
                }
            }
        }
    }

    /// <summary>Waits until no scan waits or runs, and nothing is left to do for the data of earlier ones.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task BecomeIdleAsync(CancellationToken cancel)
    {
        for (var quiet = 0; quiet < 3;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), BenchRoom.Time, cancel);
            await using var command = Database.Source.CreateCommand(
                """
                select exists (select from scan_queue)
                    or exists (select from open_recordings)
                    or exists (select from jobs where state = 'Running' or state = 'Available' and run_at < lease_clock())
                """);
            quiet = (bool)(await command.ExecuteScalarAsync(cancel))! ? 0 : quiet + 1;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _notices.Dispose();
        await _host.DisposeAsync();
    }

    private static string Motor(string name) =>
        $$"""
        {{name}}:
          deviceClass: simulated.positioner
          deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0.01, egu: mm}
          readoutPriority: baseline
          enabled: true

        """;

    private static string Detector(int number) =>
        $$"""
        det{{number}}:
          deviceClass: simulated.monitor
          deviceConfig:
            sim_init:
              model: GaussianModel
              params: {amplitude: 500, center: 0, sigma: 1, ref_motor: samx}
          readoutPriority: monitored
          enabled: true
          needs: [samx]

        """;
}
