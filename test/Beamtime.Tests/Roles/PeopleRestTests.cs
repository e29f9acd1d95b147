using System.Text.Json;
using Beamtime.Core.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Roles;

/// <summary>People are listed, shown and forgotten, as an administrator does it.</summary>
public sealed class PeopleRestTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_is_forgotten_with_a_reason_and_that_is_told()
    {
        var ada = await host.Host.Services.GetRequiredService<PeopleStore>().AddAsync("Ada", Cancel);
        Assert.Contains("Ada", Names(await host.GetAsync("people")));
        Assert.Equal("Ada", Name(await host.GetAsync($"people/{ada}")));

        var (missing, problem) = await host.PostAsync($"people/{ada}/forget", """{"reason": " "}""");
        Assert.Equal((422, "ledger.reason.missing"), (missing, problem.GetProperty("type").GetString()));
        var (status, view) = await host.PostAsync($"people/{ada}/forget", """{"reason": "left the facility"}""");

        Assert.Equal((200, "forgotten person"), (status, Name(view)));
        Assert.DoesNotContain("Ada", Names(await host.GetAsync("people")));
        var story = await host.GetAsync($"timeline/person/{ada}");
        Assert.Equal("left the facility", story.GetProperty("items")[0].GetProperty("why").GetString());
    }

    [Theory]
    [InlineData("00000000-0000-7000-8000-000000000001", 422, "ledger.person.built_in")]
    [InlineData("00000000-0000-7000-8000-000000000002", 422, "ledger.person.built_in")]
    [InlineData("00000000-0000-7000-8000-00000000abcd", 404, "ledger.person.unknown")]
    public async Task Whoever_is_no_person_is_not_forgotten(string id, int expected, string code)
    {
        var (status, problem) = await host.PostAsync($"people/{id}/forget", """{"reason": "a mistake"}""");
        Assert.Equal((expected, code), (status, problem.GetProperty("type").GetString()));
    }

    private static string? Name(JsonElement view) => view.GetProperty("person").GetProperty("name").GetString();

    private static string?[] Names(JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(person => person.GetProperty("name").GetString())];
}
