using Beamtime.Control.Scans;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Beamtime.Roles;

/// <summary>Says in the description of REST what a request's arguments may be; their converters cannot say it themselves.</summary>
internal static class ArgumentSchemas
{
    private const JsonSchemaType Argument =
        JsonSchemaType.String | JsonSchemaType.Number | JsonSchemaType.Boolean | JsonSchemaType.Array;

    /// <summary>Describes the arguments of requests for scans.</summary>
    /// <param name="schema">The schema of a type.</param>
    /// <param name="context">Of which type.</param>
    /// <param name="cancel">Gives up.</param>
    public static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancel)
    {
        if (context.JsonTypeInfo.Type == typeof(ScanRequest) && schema.Properties is { } properties)
        {
            properties["args"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array | JsonSchemaType.Object,
                Items = new OpenApiSchema { Type = Argument },
                Description = "Positional arguments one after the other, or an object with a list for each device.",
            };
            properties["parameters"] = Map("Named parameters, as GET /scan-types/{name} declares them.");
            properties["metadata"] = Map("What to keep with the scan: title, sample_name, comment and anything else.");
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema Map(string description) => new()
    {
        Type = JsonSchemaType.Object,
        AdditionalProperties = new OpenApiSchema { Type = Argument },
        Description = description,
    };
}
