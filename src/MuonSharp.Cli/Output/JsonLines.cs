using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Cli.Output;

/// <summary>Standard output for programs: one JSON object a line and nothing else.</summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object and a line end.</summary>
    public static void Write(JsonObject value) => Console.Out.WriteLine(value.ToJsonString(s_options));

    /// <summary>Writes a line of metrics and a line end.</summary>
    public static void Write(MetricsLine line) => Console.Out.WriteLine(line.ToJson());
}
