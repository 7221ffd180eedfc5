using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>One path or a list of paths; null for something else. As text a list is written in JSON.</summary>
internal sealed class DataFilesValue() : ConfigValue<DataFiles?>("a path, a list of paths, or null")
{
    private static readonly JsonOptions s_options = new() { Operation = "config" };

    public override bool TryParse(string text, out DataFiles? value)
    {
        value = null;
        if (text == "null")
        {
            return true;
        }

        List<string> problems = [];
        if (text.StartsWith('[') && JsonFile.Parse(Encoding.UTF8.GetBytes(text), "setting", s_options, problems) is { } list)
        {
            return TryRead(list, out value);
        }

        value = text.Length == 0 ? null : new(text);
        return value is not null;
    }

    public override bool TryRead(JsonEntry entry, out DataFiles? value)
    {
        value = null;
        if (entry.Kind == JsonValueKind.Null)
        {
            return true;
        }

        List<string> paths = [];
        foreach (JsonEntry item in entry.Kind == JsonValueKind.Array ? entry.Items() : [entry])
        {
            if (!item.TryText(out string path) || path.Length == 0)
            {
                return false;
            }

            paths.Add(path);
        }

        value = paths.Count == 0 ? null : new([.. paths]);
        return value is not null;
    }

    public override bool Accepts(DataFiles? value) => true;

    public override JsonNode? Write(DataFiles? value) => value is null ? null
        : value.Paths.Length == 1 ? JsonValue.Create(value.Paths[0])
        : new JsonArray([.. value.Paths.Select(path => (JsonNode)JsonValue.Create(path))]);
}
