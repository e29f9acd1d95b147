using System.Reflection;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Topics;

namespace Beamtime.Tests.House;

/// <summary>Every topic states a permission that there is, and a name of its own.</summary>
public sealed class TopicDeclarationTests
{
    private const string Beamline = "2-bm";

    [Fact]
    public void Every_topic_states_a_known_permission_and_a_name_of_its_own()
    {
        var hub = new DeclarationHub();
        var domains = Repository.Assemblies.SelectMany(a => a.GetTypes())
            .Select(t => t.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [typeof(TopicHub), typeof(string)]))
            .OfType<ConstructorInfo>()
            .ToList();
        Assert.NotEmpty(domains);
        foreach (var domain in domains)
        {
            domain.Invoke([hub, Beamline]);
        }

        Assert.NotEmpty(hub.Declared);
        Assert.DoesNotContain(hub.Declared, d => PermissionBook.All.All(p => p.Name != d.Permission));
        Assert.DoesNotContain(hub.Declared, d => !d.Name.StartsWith(Beamline + ".", StringComparison.Ordinal));
        Assert.Empty(hub.Declared.GroupBy(d => d.Name).Where(g => g.Count() > 1).Select(g => g.Key));
        Assert.DoesNotContain(hub.Declared, d => d.Name.Contains(' ', StringComparison.Ordinal));
    }

    private sealed class DeclarationHub : TopicHub
    {
        public List<(string Name, string Permission)> Declared { get; } = [];

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        protected override Topic<T> Create<T>(TopicDeclaration<T> declaration)
        {
            Declared.Add((declaration.Name, declaration.Permission));
            return new LocalTopic<T>(declaration.Name, declaration.Capacity, declaration.Consumers, TimeProvider.System);
        }

        protected override RequestTopic<TRequest, TReply> Create<TRequest, TReply>(RequestDeclaration<TRequest, TReply> declaration)
        {
            Declared.Add((declaration.Name, declaration.Permission));
            return new LocalRequestTopic<TRequest, TReply>(declaration.Name, declaration.Capacity, TimeProvider.System);
        }
    }
}
