using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>The Qwen3 family: llama's layers, with queries and keys normalized by head, and sliding windows in some layers.</summary>
internal sealed class Qwen3Family() : LlamaFamily("qwen3", "Qwen3ForCausalLM")
{
    public override IEnumerable<string> Problems(LanguageModelConfig config) =>
        config.QueryKeyNorm ? base.Problems(config) : base.Problems(config).Prepend("family qwen3 normalizes queries and keys; queryKeyNorm is false");

    protected override LanguageModelConfig ReadOwn(StoredSettings settings, LanguageModelConfig config) => config with { QueryKeyNorm = true, WindowsByLayer = Windows(settings) };

    protected override IEnumerable<string> OwnObstacles(LanguageModelConfig config) =>
    [
        .. config.Gated ? Array.Empty<string>() : ["qwen3's feed-forward blocks are gated; the model's are not"],
        .. config.FeedForwardBiases ? ["qwen3 has no biases in its feed-forward blocks"] : Array.Empty<string>(),
        .. Enumerable.Range(0, config.Layers).Select(config.WindowOf).Where(window => window is not null).Distinct().Count() <= 1 ? Array.Empty<string>()
            : ["qwen3 has one width of window for all layers that have one; the model has several"],
    ];

    protected override void WriteOwn(LanguageModelConfig config, JsonObject json)
    {
        int?[] windows = [.. Enumerable.Range(0, config.Layers).Select(config.WindowOf)];
        int? window = windows.FirstOrDefault(width => width is not null);
        json["use_sliding_window"] = window is not null;
        json["sliding_window"] = window;
        json["layer_types"] = new JsonArray([.. windows.Select(width => (JsonNode)(width is null ? "full_attention" : "sliding_attention"))]);

        // Readers from before layer_types: the layers from this one on have the window.
        int first = Array.FindIndex(windows, width => width is not null);
        json["max_window_layers"] = first < 0 ? config.Layers : first;
    }

    private static IReadOnlyList<int?>? Windows(StoredSettings settings)
    {
        int layers = settings["num_hidden_layers"].Integer(1, StoredWeights.MostLayers);
        int? width = settings.Find("sliding_window")?.Integer(1), first = settings.Find("max_window_layers")?.Integer(0);
        JsonEntry? types = settings.Find("layer_types");
        if (!settings.Flag("use_sliding_window") || width is null)
        {
            return null;
        }

        if (types is not null)
        {
            return [.. types.Items(layers, layers).Select(type => type.Choice("full_attention", "sliding_attention") == "sliding_attention" ? width : null)];
        }

        return [.. Enumerable.Range(0, layers).Select(layer => layer >= (first ?? 0) ? width : null)];
    }
}
