using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The file <c>routing.json</c> of a run folder: who steps which parameter, and why.</summary>
public static class RoutingFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "routing.json";

    private static readonly JsonOptions s_options = new() { Operation = "routing", MostBytes = 1 << 26 };

    /// <summary>Reads the file of a run folder.</summary>
    /// <param name="run">The run folder.</param>
    /// <returns>One row a parameter, in the model's order; none where there is no such file.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public static IReadOnlyList<RoutedParameter> Read(RunFolder run)
    {
        string path = Path.Combine(run.Path, Name);
        return !File.Exists(path) ? [] :
        [
            .. JsonFile.Read(path, s_options).Object()["parameters"].Items().Select(static row => new RoutedParameter(
                row["name"].Text(),
                [.. row["shape"].Items().Select(static size => size.Integer(1))],
                row["matrices"].Integer(0),
                row["optimizer"].Text(),
                row["group"].Text(),
                row["reason"].Text())),
        ];
    }

    internal static byte[] ToBytes(RoutingPlan plan) => IndentedJson.ToBytes(new JsonObject
    {
        ["parameters"] = new JsonArray(
        [
            .. plan.Rows.Select(static row => new JsonObject
            {
                ["name"] = row.Parameter.Name,
                ["shape"] = new JsonArray([.. row.Parameter.Shape.Select(static size => JsonValue.Create(size))]),
                ["matrices"] = row.Matrices,
                ["optimizer"] = row.Optimizer,
                ["group"] = row.Group,
                ["reason"] = row.Reason,
            }),
        ]),
    });
}

/// <summary>Who steps a parameter, as a run folder says.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Matrices">Independent matrices that it is stepped as; 0 when it is not stepped as matrices.</param>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="Group">The group's name, as in step lines.</param>
/// <param name="Reason">Why it goes there.</param>
public sealed record RoutedParameter(string Name, IReadOnlyList<int> Shape, int Matrices, string Optimizer, string Group, string Reason)
{
    /// <summary>Number of weights.</summary>
    public long Length => Shape.Aggregate(1L, static (product, size) => product * size);
}
