using System.Diagnostics;
using System.Text.RegularExpressions;
using Beamtime.Core.Settings;
using Beamtime.Core.Telemetry;
using Beamtime.Tests.House;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Roles;

/// <summary>The page of metrics of the program as it runs.</summary>
public sealed partial class MetricsPageTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex("^beamtime_[a-z][a-z0-9_]*$")]
    private static partial Regex Name { get; }

    [GeneratedRegex("beamtime_[a-z0-9_]+")]
    private static partial Regex MetricInText { get; }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/api/v2/metrics")]
    public async Task The_page_is_text_of_version_0_0_4(string path)
    {
        using var answer = await host.Client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(MetricsText.MediaType, answer.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task A_scan_shows_in_the_metrics_of_every_part_it_passes()
    {
        var (_, accepted) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "7", "exposure": "0"}}""");
        await host.EndOfAsync(accepted.GetProperty("number").GetInt32());
        var page = await PageAsync();
        foreach (var metric in new[]
        {
            "beamtime_scans_started_total{scan=\"line\"}", "beamtime_scans_ended_total{scan=\"line\",state=\"completed\"}",
            "beamtime_scans_queued{queue=\"primary\"} 0", "beamtime_scans_queue_held{queue=\"primary\"} 0",
            "beamtime_points_published_total", "beamtime_recording_flush_duration_seconds_count",
            "beamtime_ledger_entries_total{kind=\"scan\"}", "beamtime_ledger_append_duration_seconds_count",
            "beamtime_http_request_duration_seconds_count{method=\"POST\",route=\"/api/v2/scans\"",
            "beamtime_database_up 1", "beamtime_database_round_trip_seconds", "beamtime_database_connections{pool=\"program\"",
            "beamtime_devices_configured{state=\"usable\"} 3", "beamtime_process_cpu_seconds_total{mode=\"user\"}",
            "beamtime_process_memory_bytes{kind=\"proportional\"}", "beamtime_process_open_descriptors",
            "beamtime_program_build{",
            "beamtime_topics_messages{topic=\"rest.points\"}", "beamtime_topics_waiting_publishers{topic=\"rest.points\"} 0", "beamtime_ledger_subscription_lag_seconds{",
        })
        {
            Assert.Contains("\n" + metric, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("beamtime_telemetry_sample_failures_total{", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_paths_are_one_series()
    {
        foreach (var i in Enumerable.Range(0, 5))
        {
            using var answer = await host.Client.GetAsync(new Uri($"nowhere/{i}", UriKind.Relative), Cancel);
        }

        var page = await PageAsync();
        Assert.DoesNotContain("nowhere", page, StringComparison.Ordinal);
        Assert.Contains("route=\"none\",status=\"404\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_instrument_says_what_it_tells_and_which_labels_it_has()
    {
        var families = host.Host.Services.GetRequiredService<MetricCollector>().Families
            .Where(f => !f.Declaration.Instrument.StartsWith("beamtime.test", StringComparison.Ordinal)).ToList();
        Assert.Empty(families.Where(f => !f.Declaration.HasLabels).Select(f => f.Name));
        Assert.Empty(families.Where(f => !Name.IsMatch(f.Name)).Select(f => f.Name));
        Assert.Empty(families.Where(f => f.Declaration.Help is not [>= 'A' and <= 'Z' or '1', .., '.']).Select(f => f.Name));
        Assert.Empty(families.GroupBy(f => f.Name).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Every_metric_that_the_documents_name_exists()
    {
        var known = host.Host.Services.GetRequiredService<MetricCollector>().Families.Select(f => f.Name).ToHashSet();
        Assert.Empty(
            from file in new[] { "docs/how-to/monitor.md", "docs/how-to/run-roles.md" }
            from match in MetricInText.Matches(Repository.Read(file))
            where !known.Contains(match.Value)
            select $"{file}: {match.Value}");
    }

    [Fact]
    public async Task Prometheus_own_checker_finds_nothing()
    {
        const string Promtool = "/usr/bin/promtool";
        if (!File.Exists(Promtool))
        {
            Assert.SkipUnless(EnvironmentVariables.OfProcess()["CI"] == "true", "promtool is not installed");
            Assert.Fail("promtool is needed by this test; on Debian: prometheus.");
        }

        using var check = Process.Start(new ProcessStartInfo(Promtool, ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = check.StandardError.ReadToEndAsync(Cancel);
        await check.StandardInput.WriteAsync(await PageAsync());
        check.StandardInput.Close();
        await check.WaitForExitAsync(Cancel);
        Assert.Equal("", (await said).Trim());
        Assert.Equal(0, check.ExitCode);
    }

    private Task<string> PageAsync() => host.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
}
