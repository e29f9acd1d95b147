using Mono.Cecil;

namespace Beamtime.Tests.House;

/// <summary>The arrows between projects and between the folders inside them; no other reference exists.</summary>
public sealed class DependencyTests
{
    // What stands behind an arrow may be used, and what stands behind its arrows in turn.
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["beamtime"] = ["Beamtime.Control", "Beamtime.Data"],
        ["Beamtime.Control"] = ["Beamtime.Core", "Beamtime.Hdf5", "Beamtime.Epics"],
        ["Beamtime.Data"] = ["Beamtime.Core", "Beamtime.Hdf5"],
        ["Beamtime.Core"] = ["Beamtime.Sdk"],
        ["Beamtime.Sdk"] = [],
        ["Beamtime.Hdf5"] = [],
        ["Beamtime.Epics"] = [],
        ["Beamtime.Simulated"] = ["Beamtime.Sdk", "Beamtime.Hdf5"],
        ["Beamtime.Tomography"] = ["Beamtime.Sdk", "Beamtime.Hdf5"],
        ["Beamtime.Radio"] = ["Beamtime.Sdk", "Beamtime.Hdf5"],
    };

    private static readonly Dictionary<string, Dictionary<string, string[]>> Folders = new()
    {
        ["Beamtime.Control"] = new()
        {
            ["Plugins"] = [],
            ["Devices"] = ["Plugins"],
            ["Scans"] = ["Devices"],
            ["Scripts"] = ["Scans"],
            ["Actors"] = ["Scripts", "Beamline"],
            ["Points"] = ["Scans"],
            ["Recording"] = ["Points"],
            ["Analysis"] = ["Points", "Scans"],
            ["Beamline"] = ["Devices", "Scans"],
            ["Procedures"] = ["Devices"],
            ["Runs"] = ["Procedures", "Beamline", "Scans"],
        },
        ["Beamtime.Data"] = new()
        {
            ["Storage"] = [],
            ["Datasets"] = ["Storage"],
            ["Transfers"] = ["Datasets"],
            ["Compute"] = ["Storage"],
            ["Catalogue"] = ["Transfers"],
            ["Retention"] = ["Transfers"],
            ["TapeArchive"] = ["Transfers", "Compute"],
            ["Flows"] = ["Catalogue", "Retention", "TapeArchive", "Compute"],
            ["Surveys"] = ["Compute", "Transfers", "Datasets"],
        },
        ["Beamtime.Core"] = new()
        {
            ["Settings"] = [],
            ["Telemetry"] = ["Settings"],
            ["Database"] = ["Settings", "Telemetry"],
            ["Ledger"] = ["Database"],
            ["Jobs"] = ["Database", "Access"],
            ["Workflows"] = ["Jobs", "Ledger"],
            ["Topics"] = ["Settings", "Telemetry"],
            ["Access"] = ["Ledger"],
        },
    };

    [Fact]
    public void Projects_refer_only_along_their_arrows()
    {
        List<string> wrong = [];
        foreach (string file in Repository.AssemblyFiles)
        {
            using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(file);
            if (!Projects.ContainsKey(assembly.Name.Name))
            {
                wrong.Add($"{assembly.Name.Name} stands in no row of the table");
                continue;
            }

            HashSet<string> allowed = Reach(Projects, assembly.Name.Name);
            wrong.AddRange(
                from reference in assembly.MainModule.AssemblyReferences
                where Projects.ContainsKey(reference.Name) && !allowed.Contains(reference.Name)
                select $"{assembly.Name.Name} → {reference.Name}");
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("Beamtime.Control")]
    [InlineData("Beamtime.Data")]
    [InlineData("Beamtime.Core")]
    public void Folders_refer_only_along_their_arrows(string project)
    {
        Dictionary<string, string[]> arrows = Folders[project];
        SortedSet<string> wrong = [];
        using AssemblyDefinition assembly =
            AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, project + ".dll"));
        foreach (TypeDefinition type in assembly.MainModule.GetTypes())
        {
            // The project's root puts its folders together and may see them all; no folder may see the root.
            if (FolderOf(type, project) is not { Length: > 0 } folder)
            {
                continue;
            }

            if (!arrows.ContainsKey(folder))
            {
                wrong.Add($"{folder} stands in no row of the table");
                continue;
            }

            HashSet<string> allowed = Reach(arrows, folder);
            foreach (TypeReference used in TypeReferences.Of(type))
            {
                if (FolderOf(used, project) is { } other && other != folder && !allowed.Contains(other))
                {
                    wrong.Add($"{folder} → {(other.Length == 0 ? project : other)}: {type.FullName} uses {used.FullName}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    // The folder of one of our types, empty for the project's root, null for types of others and of the compiler.
    private static string? FolderOf(TypeReference type, string project)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.Namespace == project ? ""
            : type.Namespace.StartsWith(project + ".", StringComparison.Ordinal)
                ? type.Namespace[(project.Length + 1)..].Split('.')[0]
                : null;
    }

    private static HashSet<string> Reach(Dictionary<string, string[]> arrows, string from)
    {
        HashSet<string> reached = [];
        Queue<string> open = new(arrows[from]);
        while (open.TryDequeue(out string? next))
        {
            if (reached.Add(next))
            {
                foreach (string beyond in arrows[next])
                {
                    open.Enqueue(beyond);
                }
            }
        }

        return reached;
    }
}
