using System.CommandLine;
using Beamtime.Data.Datasets;
using Beamtime.Data.Flows;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime dataset</c>: what was recorded and derived, and where its copies are.</summary>
internal static class DatasetCommands
{
    private static readonly Argument<string> Dataset = new("dataset") { Description = "Id or name of the data set: S00012." };

    private static readonly Argument<string> Storage = new("storage") { Description = "Name of the storage that is to have it." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("dataset", "Look at data sets and their copies.")
    {
        CommandRun.OnServer(new Command("ls", "List the data sets, newest first."), ListAsync),
        CommandRun.OnServer(new Command("show", "Show a data set: files, copies, lineage, progress.") { Dataset }, ShowAsync),
        CommandRun.OnServer(
            new Command("retry", "Have the failed flow of a data set go on at the step that failed.") { Dataset }, RetryAsync),
        CommandRun.OnServer(
            new Command("copy", "Have a data set copied to a further storage, each file read back.") { Dataset, Storage }, CopyAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var page = await client.GetAsync<DatasetPage>("datasets", cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("data set", "made by", "end", "files", "size", "on", "status").SimpleBorder();
            foreach (var dataset in page.Items)
            {
                table.AddRow(
                    Markup.Escape(dataset.Name),
                    Markup.Escape(dataset.Made),
                    dataset.End ?? "",
                    $"{dataset.Files}",
                    Size(dataset.Bytes),
                    Markup.Escape(string.Join(", ", dataset.Storages)),
                    dataset.Status);
            }

            console.Write(table);
            console.WriteLine($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var dataset = await client.GetAsync<DatasetView>(
            $"datasets/{BeamtimeClient.Part(run.Arguments.GetValue(Dataset)!)}", cancel);
        return run.Print(dataset, console => Print(dataset, console));
    }

    private static async Task<ExitCode> RetryAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var dataset = await client.PostAsync<DatasetView>(
            $"datasets/{Uri.EscapeDataString(run.Arguments.GetValue(Dataset)!)}/retry", new { }, cancel);
        return run.Print(dataset, console => console.WriteLine($"the flow of {dataset.Summary.Name} goes on"));
    }

    private static async Task<ExitCode> CopyAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var copy = await client.PostAsync<StorageCopyAnswer>(
            $"datasets/{BeamtimeClient.Part(run.Arguments.GetValue(Dataset)!)}/copies",
            new StorageCopyRequest { Storage = run.Arguments.GetValue(Storage)! },
            cancel);
        return run.Print(copy, console => console.WriteLine($"{copy.Name} is being copied to {copy.Storage}: workflow {copy.Workflow}"));
    }

    private static void Print(DatasetView dataset, IAnsiConsole console)
    {
        var summary = dataset.Summary;
        console.WriteLine($"{summary.Name}  {summary.Made}  {summary.Status}  {Size(summary.Bytes)}  {summary.Id}");
        foreach (var from in dataset.DerivedFrom)
        {
            console.WriteLine($"derived from {from}");
        }

        foreach (var to in dataset.Derived)
        {
            console.WriteLine($"derived to   {to}");
        }

        var table = new Table().AddColumns("file", "size", "SHA-256", "copies").SimpleBorder();
        foreach (var file in dataset.Files)
        {
            table.AddRow(
                Markup.Escape(file.Path),
                Size(file.Bytes),
                file.Sha256?[..12] ?? "",
                Markup.Escape(string.Join(", ", file.Copies.Select(c => $"{c.Storage}: {c.State}"))));
        }

        console.Write(table);
        foreach (var step in dataset.Workflow?.Steps ?? [])
        {
            console.WriteLine($"{step.Name,-16} {step.State,-10} {step.Error}".TrimEnd());
        }
    }

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => $"{bytes / 1024.0:0.0} KiB",
        < 1 << 30 => $"{bytes / (double)(1 << 20):0.0} MiB",
        _ => $"{bytes / (double)(1 << 30):0.00} GiB",
    };
}
