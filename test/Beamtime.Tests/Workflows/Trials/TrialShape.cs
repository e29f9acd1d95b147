namespace Beamtime.Tests.Workflows.Trials;

/// <summary>What a node of a random workflow does.</summary>
internal enum TrialKind
{
    Work,
    Transact,
    Once,
    Effect,
    Sleep,
    Message,
    Child,
    Group,
}

/// <summary>A node of a random workflow.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Name">Its step.</param>
/// <param name="Number">Seed of a child, minutes of a sleep, place of a message.</param>
/// <param name="Branches">The branches of a group.</param>
internal sealed record TrialNode(TrialKind Kind, string Name, int Number, IReadOnlyList<IReadOnlyList<TrialNode>> Branches)
{
    /// <summary>The nodes that do something, those of children too.</summary>
    public int Leaves => Kind switch
    {
        TrialKind.Group => Branches.Sum(b => b.Sum(n => n.Leaves)),
        TrialKind.Child => TrialShape.Of(Number).Sum(n => n.Leaves),
        _ => 1,
    };
}

/// <summary>Random workflows, each given by its number.</summary>
internal static class TrialShape
{
    /// <summary>Children are named by numbers below zero: they have no children and take no messages.</summary>
    public static IReadOnlyList<TrialNode> Of(int number)
    {
        var random = new Random(number);
        var messages = 0;
        return Nodes(depth: number < 0 ? 1 : 0, most: number < 0 ? 3 : 6, isRoot: number >= 0);

        List<TrialNode> Nodes(int depth, int most, bool isRoot)
        {
            var nodes = new List<TrialNode>();
            for (var n = 1 + random.Next(most); n > 0; n--)
            {
                var kind = random.Next(100) switch
                {
                    < 20 => TrialKind.Work,
                    < 45 => TrialKind.Transact,
                    < 53 => TrialKind.Once,
                    < 68 => TrialKind.Effect,
                    < 76 => TrialKind.Sleep,
                    < 84 when isRoot => TrialKind.Message,
                    < 91 when number >= 0 => TrialKind.Child,
                    _ when depth < 2 => TrialKind.Group,
                    _ => TrialKind.Transact,
                };
                nodes.Add(new TrialNode(
                    kind,
                    $"{kind} {nodes.Count}",
                    kind switch
                    {
                        TrialKind.Child => -1 - random.Next(1 << 30),
                        TrialKind.Sleep => random.Next(120),
                        TrialKind.Message => ++messages,
                        _ => 0,
                    },
                    kind == TrialKind.Group
                        ? [.. Enumerable.Range(0, 2 + random.Next(2)).Select(_ => Nodes(depth + 1, 2, isRoot: false))]
                        : []));
            }

            return nodes;
        }
    }

    /// <summary>How many messages a workflow takes.</summary>
    public static int Messages(int number) => Of(number).Count(n => n.Kind == TrialKind.Message);
}
