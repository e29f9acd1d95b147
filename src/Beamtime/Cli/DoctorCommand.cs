using System.CommandLine;
using Beamtime.Core.Settings;
using Beamtime.Doctor;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>
/// <c>beamtime doctor</c>: tries everything that the program depends on and says what is wrong and what mends it. Works
/// locally, beside a running program or without one; changes nothing.
/// </summary>
internal static class DoctorCommand
{
    private static readonly LaunchOptions Options = new();

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        Options.On(new Command("doctor", "Try everything that the program depends on; nothing is changed.")), RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        var findings = await FindAsync(run, cancel);
        var worst = findings.Max(f => f.State);
        run.Print(new { worst, findings }, _ =>
        {
            foreach (var finding in findings)
            {
                run.Say($"{finding.State.ToString().ToLowerInvariant(),-4} {finding.What}: {finding.Detail}");
                if (finding.Code is not null)
                {
                    run.Say($"     {finding.Code}: {finding.Cause}".TrimEnd(' ', ':'));
                    run.Say($"     {finding.Remedy}");
                }
            }

            run.Say($"{findings.Count(f => f.State == FindingState.Ok)} ok, {findings.Count(f => f.State == FindingState.Warn)} warnings, "
                + $"{findings.Count(f => f.State == FindingState.Fail)} failures");
        });
        return worst switch
        {
            FindingState.Ok => ExitCode.Done,
            FindingState.Warn => ExitCode.Warned,
            _ => ExitCode.Failed,
        };
    }

    private static async Task<IReadOnlyList<Finding>> FindAsync(CommandRun run, CancellationToken cancel)
    {
        var environment = EnvironmentVariables.OfProcess();
        List<Finding> findings = [];
        Roles.HostLaunch launch;
        try
        {
            launch = Options.Read(run);
        }
        catch (RefusedException refused)
        {
            // Without settings nothing else can be found, but for the machine's own.
            findings.AddRange(refused.Reasons.Select(r => Finding.Fail(r.Code.StartsWith("plugin.", StringComparison.Ordinal) ? "plugins" : "settings", r)));
            findings.AddRange(await Hdf5Check.OfAsync(environment, cancel));
            return findings;
        }

        findings.Add(Finding.Ok("settings", $"site {launch.Site.Name}, {launch.Site.SettingsFile}"));
        findings.Add(Finding.Ok("plugins", $"{launch.Plugins.Current.Registry.Devices.Count} kinds of devices"));
        findings.AddRange(SiteChecks.Of(launch.Site));
        findings.AddRange(FolderChecks.Of(launch));
        findings.AddRange(await DatabaseChecks.OfAsync(launch, cancel));
        findings.AddRange(await TopicChecks.OfAsync(launch, cancel));
        findings.AddRange(SpoolChecks.Of(launch));
        findings.AddRange(await TraceChecks.OfAsync(launch, cancel));
        findings.AddRange(CertificateChecks.Of(launch));
        findings.AddRange(await Hdf5Check.OfAsync(environment, cancel));
        findings.AddRange(await MachineChecks.OfAsync(launch, cancel));
        return findings;
    }
}
