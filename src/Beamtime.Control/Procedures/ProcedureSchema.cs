using System.Text.Json.Nodes;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Procedures;

/// <summary>The schema of <c>procedures.yaml</c>; devices, actions and expressions are checked where they are known.</summary>
internal static class ProcedureSchema
{
    private const string Name = "^[a-z][a-z0-9_]{0,63}$";

    /// <summary>The schema.</summary>
    public static JsonObject Write() => SchemaWords.Document("procedures.yaml", SchemaWords.Record(
        ("tables", SchemaWords.Map(SchemaWords.Record(
            ("over!", SchemaWords.Text().Meaning("The column by which rows are found.")),
            ("rows!", SchemaWords.List(SchemaWords.Map(SchemaWords.Number()), least: 1).Meaning("Rows that ascend in that column."))))),
        ("procedures", SchemaWords.Map(
            SchemaWords.Record(
                ("description", SchemaWords.Text().Meaning("What it is for.")),
                ("parameters", SchemaWords.OrNothing(SchemaWords.Map(Parameter(), Name))),
                ("steps!", Steps(least: 1)),
                ("finally", SchemaWords.OrNothing(Steps(least: 0)))),
            Name))));

    private static JsonObject Parameter() => SchemaWords.Record(
        ("type", SchemaWords.Choice(ProcedureFile.TypeNames).Meaning("The type of its value; by default number.")),
        ("unit", SchemaWords.Text().Meaning("Its unit.")),
        ("low", SchemaWords.Number().Meaning("Least allowed.")),
        ("high", SchemaWords.Number().Meaning("Greatest allowed.")),
        ("default", SchemaWords.Text().Meaning("The value that holds when none is given.")),
        ("description!", SchemaWords.Text().Meaning("What it is.")));

    private static JsonObject Steps(int least)
    {
        var steps = SchemaWords.List(new JsonObject
        {
            ["oneOf"] = new JsonArray(
                Step(("setpoint!", Text()), ("value!", Text()), ("verify", SchemaWords.Flag())),
                Step(("check!", Text()), ("equals!", Text())),
                Step(("check!", Text()), ("within!", Text()), ("tolerance!", Text())),
                Step(("action!", Text()), ("with", SchemaWords.Map(Text())), ("as", Capture())),
                Step(("capture!", Text()), ("as!", Capture())),
                Step(("compute!", SchemaWords.Choice(ComputeStep.RotationCentre)), ("input!", Text()), ("as!", Capture()))),
        }, least);
        steps["maxItems"] = StepReader.MostSteps;
        return steps;
    }

    private static JsonObject Step(params IEnumerable<(string Key, JsonObject Value)> keys) => SchemaWords.Record(
        keys.Append(("title", Text())).Append(("timeout", SchemaWords.Time())));

    private static JsonObject Text() => SchemaWords.Text();

    private static JsonObject Capture() => SchemaWords.Text(Name);
}
