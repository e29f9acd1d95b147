using System.CommandLine;
using Beamtime.Core.Jobs;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime job</c>: what must be done, what was done and what was given up.</summary>
internal static class JobCommands
{
    private static readonly Argument<Guid> Job = new("job") { Description = "Id of the job." };
    private static readonly Argument<Guid?> MaybeJob = new("job") { Description = "Id of the job; without it, all that the filters admit.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Queue = new("--queue") { Description = "Only of this work queue." };
    private static readonly Option<string?> Kind = new("--kind") { Description = "Only of this kind." };
    private static readonly Option<JobState?> State = new("--state") { Description = "Only in this state." };
    private static readonly Option<string?> Project = new("--project") { Description = "Only work of this project." };
    private static readonly Option<Guid?> Correlation = new("--correlation") { Description = "Only what belongs to this." };
    private static readonly Option<int> Limit = new("--limit") { Description = "At most so many, 1 to 1000.", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> Offset = new("--offset") { Description = "Pass over so many.", DefaultValueFactory = _ => 0 };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why; kept with the job." };
    private static readonly Option<bool> All = new("--all") { Description = "Every dead job, where no filter restricts it." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("job", "Look at jobs; cancel, retry and discard them.")
    {
        CommandRun.OnServer(
            new Command("ls", "List the jobs, newest first.") { Queue, Kind, State, Project, Correlation, Offset, Limit }, ListAsync),
        CommandRun.OnServer(new Command("show", "Show a job: state, arguments, last error.") { Job }, ShowAsync),
        CommandRun.OnServer(new Command("cancel", "Withdraw a job that waits or runs.") { Job, Reason }, CancelAsync),
        CommandRun.OnServer(
            new Command("retry", "Bring a dead job back, or all dead jobs of a filter.")
            {
                MaybeJob, Queue, Kind, Project, Correlation, All, Limit, Reason,
            },
            (run, client, cancel) => ChangeAsync(run, client, "retry", "waits again", cancel)),
        CommandRun.OnServer(
            new Command("discard", "Give a dead job up for good, or all dead jobs of a filter.")
            {
                MaybeJob, Queue, Kind, Project, Correlation, All, Limit, Reason,
            },
            (run, client, cancel) => ChangeAsync(run, client, "discard", "is discarded", cancel)),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var page = await client.GetAsync<JobPageView>(
            "jobs" + Query(
                ("queue", run.Arguments.GetValue(Queue)),
                ("kind", run.Arguments.GetValue(Kind)),
                ("state", run.Arguments.GetValue(State)?.ToString()),
                ("project", run.Arguments.GetValue(Project)),
                ("correlation", run.Arguments.GetValue(Correlation)?.ToString()),
                ("offset", $"{run.Arguments.GetValue(Offset)}"),
                ("limit", $"{run.Arguments.GetValue(Limit)}")),
            cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("job", "queue", "kind", "state", "attempt", "due", "worker", "error").SimpleBorder();
            foreach (var job in page.Items)
            {
                table.AddRow(
                    $"{job.Id}",
                    Markup.Escape(job.Queue),
                    Markup.Escape(job.Kind),
                    $"{job.State}",
                    $"{job.Attempt}/{job.MaxAttempts}",
                    $"{job.RunAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z",
                    Markup.Escape(job.Worker ?? ""),
                    Markup.Escape(job.Error?.Code ?? ""));
            }

            console.Write(table);
            console.WriteLine($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var job = await client.GetAsync<JobView>($"jobs/{run.Arguments.GetValue(Job)}", cancel);
        return run.Print(job, _ =>
        {
            run.Say($"{job.Id}  {job.Kind}  {job.State}  attempt {job.Attempt} of {job.MaxAttempts}");
            Line("queue", job.Queue);
            Line("key", job.Key);
            Line("project", job.Project);
            Line("due", $"{job.RunAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
            Line("worker", job.Worker);
            Line("at most", job.Concurrency is { } cap ? $"{cap.Cap} of {cap.Name} at once" : null);
            Line("rate", job.Rate is { } rate ? $"{rate.Limit} of {rate.Name} in {rate.Per}" : null);
            Line("labels", job.Labels.Count > 0 ? string.Join(", ", job.Labels) : null);
            Line("sequence", job.Sequence);
            Line("correlation", job.Correlation?.ToString());
            Line("finished", job.FinishedAt is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : null);
            Line("error", job.Error is { } error ? $"{error.Code}: {error.Message}" : null);
            Line("remedy", job.Error?.Remedy);
            Line("changed", job.ChangedWhy);
            Line("arguments", job.Arguments?.GetRawText());
        });

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                run.Say($"  {name,-12} {value}");
            }
        }
    }

    private static async Task<ExitCode> CancelAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var job = await client.PostAsync<JobView>(
            $"jobs/{run.Arguments.GetValue(Job)}/cancel", new JobChangeRequest(run.Arguments.GetValue(Reason)), cancel);
        return run.Print(job, console => console.WriteLine($"{job.Id} is withdrawn"));
    }

    private static async Task<ExitCode> ChangeAsync(
        CommandRun run, BeamtimeClient client, string verb, string done, CancellationToken cancel)
    {
        var why = run.Arguments.GetValue(Reason);
        if (run.Arguments.GetValue(MaybeJob) is { } id)
        {
            var job = await client.PostAsync<JobView>($"jobs/{id}/{verb}", new JobChangeRequest(why), cancel);
            return run.Print(job, console => console.WriteLine($"{job.Id} {done}"));
        }

        var request = new JobsChangeRequest(
            why,
            run.Arguments.GetValue(Queue),
            run.Arguments.GetValue(Kind),
            run.Arguments.GetValue(Project),
            run.Arguments.GetValue(Correlation),
            run.Arguments.GetValue(Limit));
        if (request is { Queue: null, Kind: null, Project: null, Correlation: null } && !run.Arguments.GetValue(All))
        {
            throw new Sdk.Errors.RefusedException(CliErrors.Argument.Because("neither a job nor a filter is given; --all means every dead job"));
        }

        var changed = await client.PostAsync<JobsChangeView>($"jobs/{verb}", request, cancel);
        return run.Print(changed, console =>
        {
            foreach (var reason in changed.Refused)
            {
                console.WriteLine($"{reason.Code}: {reason.Message}");
            }

            console.WriteLine($"{changed.Changed.Count}: each {done}; {changed.Refused.Count} refused, {changed.Left} dead jobs are left");
        });
    }

    /// <summary>A query of the values that there are.</summary>
    /// <param name="values">Names and values.</param>
    public static string Query(params ReadOnlySpan<(string Name, string? Value)> values)
    {
        var query = "";
        foreach (var (name, value) in values)
        {
            if (value is not null)
            {
                query += $"{(query.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(value)}";
            }
        }

        return query;
    }
}
