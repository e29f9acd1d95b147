using System.Net;
using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Core.Access.SignIns;
using Beamtime.Data.Datasets;
using Beamtime.Tests.Flows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Datasets;

public sealed class DatasetApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_have_totals_and_a_data_set_shows_files_copies_lineage_and_its_workflow()
    {
        await using var data = await DataFixture.CreateAsync();
        data.WriteVolumes();
        await data.RecordAsync();
        await data.TakeInAsync();
        await data.RunFlowAsync("S00012");
        await using var app = await ServeAsync(data);
        using var client = Client(app);

        var list = await GetAsync(client, "datasets?limit=1");
        var shown = await GetAsync(client, "datasets/S00012");
        var byId = await GetAsync(client, "datasets/" + shown.GetProperty("derived")[0].GetString());

        Assert.Equal(2, list.GetProperty("total").GetInt64());
        Assert.Equal("S00012_rec", Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("Secured", shown.GetProperty("summary").GetProperty("status").GetString());
        var file = shown.GetProperty("files")[0];
        Assert.Equal("S00012_master.h5", file.GetProperty("path").GetString());
        Assert.Equal(
            ["detector Present", "analysis Verified"],
            file.GetProperty("copies").EnumerateArray().Select(c => $"{c.GetProperty("storage")} {c.GetProperty("state")}"));
        Assert.Equal("Completed", shown.GetProperty("workflow").GetProperty("state").GetString());
        Assert.Equal("find", shown.GetProperty("workflow").GetProperty("steps")[0].GetProperty("name").GetString());
        Assert.Equal("0.1", shown.GetProperty("parameters").GetProperty("exposure").GetString());
        Assert.Equal(
            shown.GetProperty("summary").GetProperty("id").GetString(), byId.GetProperty("derived_from")[0].GetString());
    }

    [Fact]
    public async Task A_failed_flow_goes_on_when_it_is_retried_and_is_refused_while_it_has_not_failed()
    {
        await using var data = await DataFixture.CreateAsync();
        var closed = await data.RecordAsync(isTomography: false);
        var (lost, away) = (Path.Combine(closed.Folder, closed.Files[1].Name), data.Path("away"));
        File.Move(lost, away);
        await data.TakeInAsync();
        await using var app = await ServeAsync(data);
        using var client = Client(app);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "dataset.flow.not_failed"), await RetryAsync(client, "S00012"));
        await data.RunFlowAsync("S00012");
        File.Move(away, lost);

        Assert.Equal((HttpStatusCode.Accepted, "Scheduled"), await RetryAsync(client, "S00012"));
        var report = await data.RunFlowAsync("S00012");

        Assert.Equal("Completed", report.Workflow.State.ToString());
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "dataset.flow.not_failed"), await RetryAsync(client, "S00012"));
        Assert.Equal((HttpStatusCode.NotFound, "dataset.unknown"), await RetryAsync(client, "S99999"));
    }

    [Theory]
    [InlineData("datasets/S99999", HttpStatusCode.NotFound, "dataset.unknown")]
    [InlineData("datasets?limit=0", HttpStatusCode.UnprocessableEntity, "dataset.page.invalid")]
    [InlineData("datasets?offset=-1", HttpStatusCode.UnprocessableEntity, "dataset.page.invalid")]
    public async Task A_request_that_cannot_be_met_is_a_problem_with_its_code(string path, HttpStatusCode status, string code)
    {
        await using var data = await DataFixture.CreateAsync();
        await using var app = await ServeAsync(data);
        using var client = Client(app);

        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(code, problem.RootElement.GetProperty("type").GetString());
    }

    private static async Task<WebApplication> ServeAsync(DataFixture data)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services
            .AddSingleton(TimeProvider.System)
            .AddAccess(new AccessOptions())
            .AddSingleton(data.Ledger)
            .AddSingleton(data.Store)
            .AddSingleton(data.Workflows)
            .AddSingleton(data.Desk)
            .AddSingleton(data.Activity)
            .AddSingleton(data.Storages);
        var app = builder.Build();
        app.UseAccess();
        app.MapGroup("/api/v2").MapDatasets();
        await app.StartAsync(Cancel);
        return app;
    }

    private static HttpClient Client(WebApplication app) => new()
    {
        BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/api/v2/"),
        DefaultRequestHeaders = { Authorization = new("Bearer", app.Services.GetRequiredService<LocalSignIn>().Key) },
    };

    // The state of the flow, or the code of the refusal.
    private static async Task<(HttpStatusCode, string?)> RetryAsync(HttpClient client, string dataset)
    {
        using var answer = await client.PostAsync(new Uri($"datasets/{dataset}/retry", UriKind.Relative), null, Cancel);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        return (answer.StatusCode, document.RootElement.TryGetProperty("workflow", out var workflow)
            ? workflow.GetProperty("state").GetString()
            : document.RootElement.GetProperty("type").GetString());
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative), Cancel));
        return document.RootElement.Clone();
    }
}
