using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Core.Database;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Npgsql;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>One run of a command: its client, its output, and what it says when something goes wrong.</summary>
internal sealed class CommandRun
{
    private CommandRun(ParseResult arguments)
    {
        Arguments = arguments;
        IsJson = arguments.GetValue(CommonOptions.Json);
        IsTerminal = !System.Console.IsOutputRedirected && !IsJson;
        Console = AnsiConsole.Console;
        if (!IsTerminal)
        {
            Console.Profile.Width = 160;
        }
    }

    /// <summary>The parsed arguments.</summary>
    public ParseResult Arguments { get; }

    /// <summary>True when JSON is wanted.</summary>
    public bool IsJson { get; }

    /// <summary>True on a terminal: tables and bars may move.</summary>
    public bool IsTerminal { get; }

    /// <summary>Where text goes.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Makes a command's action of a method.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">What it does; the exit code.</param>
    public static Command On(Command command, Func<CommandRun, CancellationToken, Task<ExitCode>> run)
    {
        command.SetAction(async (arguments, cancel) => (int)await RunAsync(new CommandRun(arguments), run, cancel));
        return command;
    }

    /// <summary>Makes a command's action of a method that speaks to the server.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">What it does; the exit code.</param>
    public static Command OnServer(
        Command command, Func<CommandRun, BeamtimeClient, CancellationToken, Task<ExitCode>> run) => On(
        command,
        async (self, cancel) =>
        {
            using var client = new BeamtimeClient(
                self.Arguments.GetValue(CommonOptions.Server)!, self.Arguments.GetValue(CommonOptions.CaFile));
            return await run(self, client, cancel);
        });

    /// <summary>Prints a document as JSON, or as text by the given method.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="document">The document.</param>
    /// <param name="text">Prints it as text.</param>
    public ExitCode Print<T>(T document, Action<IAnsiConsole> text)
    {
        if (IsJson)
        {
            PrintJson(document);
        }
        else
        {
            text(Console);
        }

        return ExitCode.Done;
    }

    /// <summary>Prints a line of text, unless JSON is wanted; a line is never broken.</summary>
    /// <param name="line">The line.</param>
    public void Say(string line)
    {
        if (!IsJson)
        {
            System.Console.Out.WriteLine(line);
        }
    }

    /// <summary>Prints a document as one line of JSON.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="document">The document.</param>
    public static void PrintJson<T>(T document) =>
        System.Console.Out.WriteLine(JsonSerializer.Serialize(document, BeamtimeClient.Json));

    private static async Task<ExitCode> RunAsync(
        CommandRun self, Func<CommandRun, CancellationToken, Task<ExitCode>> run, CancellationToken cancel)
    {
        try
        {
            return await run(self, cancel);
        }
        catch (RefusedException refused)
        {
            return self.Complain(refused.Reasons, ExitCode.Refused);
        }
        catch (FaultException fault)
        {
            return self.Complain([fault.Reason], ExitCode.Failed);
        }
        catch (ProblemException problem)
        {
            return self.Complain(
                [.. problem.Problem.Reasons.Select(r => new Reason(r.Code, r.Message, r.Remedy))],
                problem.Problem.Status >= 500 ? ExitCode.Failed : ExitCode.Refused);
        }
        catch (HttpRequestException refused) when (refused.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return self.Complain([CliErrors.Tls.Because(
                $"{self.Arguments.GetValue(CommonOptions.Server)}: {refused.GetBaseException().Message}")], ExitCode.Unreachable);
        }
        catch (HttpRequestException unreachable)
        {
            return self.Complain([CliErrors.Unreachable.Because(
                $"{self.Arguments.GetValue(CommonOptions.Server)}: {unreachable.Message}")], ExitCode.Unreachable);
        }
        catch (Hdf5Exception file)
        {
            return self.Complain([CliErrors.FileUnreadable.Because(file.Message)], ExitCode.Failed);
        }
        catch (NpgsqlException outage)
        {
            return self.Complain([DatabaseErrors.Unreachable.Because(outage.Message)], ExitCode.Failed);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return self.Complain([CliErrors.DiskUnusable.Because(error.Message)], ExitCode.Refused);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    private ExitCode Complain(IReadOnlyList<Reason> reasons, ExitCode code)
    {
        if (IsJson)
        {
            JsonArray list = [.. reasons.Select(r => (JsonNode)new JsonObject
            {
                ["code"] = r.Code,
                ["message"] = r.Message,
                ["remedy"] = r.Remedy,
            })];
            System.Console.Out.WriteLine(new JsonObject { ["reasons"] = list }.ToJsonString());
            return code;
        }

        foreach (var reason in reasons)
        {
            System.Console.Error.WriteLine($"{reason.Code}: {reason.Message}");
            System.Console.Error.WriteLine($"  {reason.Remedy}");
        }

        return code;
    }
}
