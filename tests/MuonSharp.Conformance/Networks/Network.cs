using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.Nn;

namespace MuonSharp.Conformance.Networks;

/// <summary>The network that a case lists, built as a user would: public layers alone, each named after its place in the list.</summary>
internal sealed class Network : IDisposable
{
    private static readonly Dictionary<string, Func<LayerPlace, Action<Recording>>> s_layers = new(StringComparer.Ordinal)
    {
        ["linear"] = place => Of(new Linear(place.Builder, place.Name, place.Whole("in"), place.Whole("out"), place.Flag("bias", true))),
        ["layer_norm"] = place => Of(new LayerNorm(place.Builder, place.Name, place.Whole("width"))),
        ["rms_norm"] = place => Of(new RmsNorm(place.Builder, place.Name, place.Whole("width"))),
        ["batch_norm1d"] = place => Of(new BatchNorm(place.Builder, place.Name, place.Whole("width"))),
        ["conv2d"] = place => Of(new Conv2d(
            place.Builder, place.Name, place.Whole("in"), place.Whole("out"), Window.Square(place.Whole("kernel"), place.Whole("stride", 1), place.Whole("padding", 0)), place.Flag("bias", true))),
        ["batch_norm2d"] = place => Of(new BatchNorm(place.Builder, place.Name, place.Whole("width"))),
        ["max_pool2d"] = place => Of(new MaxPool2d(place.Whole("kernel"))),
        ["global_average_pool2d"] = _ => Of(new GlobalAveragePool2d()),
        ["embedding"] = place => OfMean(new Embedding(place.Builder, place.Name, place.Whole("rows"), place.Whole("width"))),
        ["relu"] = _ => Of(Activation.Relu),
        ["relu_squared"] = _ => Of(Activation.ReluSquared),
        ["gelu"] = _ => Of(Activation.Gelu),
        ["silu"] = _ => Of(Activation.Silu),
        ["sigmoid"] = _ => Of(Activation.Sigmoid),
        ["tanh"] = _ => Of(Activation.Tanh),
        ["residual_start"] = _ => recording => recording.Residuals.Push(recording.X),
        ["residual_end"] = _ => recording => recording.X = recording.Tape.Add(recording.Residuals.Pop(), recording.X),
    };

    private readonly List<Action<Recording>> _recorders = [];

    public Network(IReadOnlyList<JsonObject> layers)
    {
        ModelBuilder builder = new(seed: 1);
        for (int i = 0; i < layers.Count; i++)
        {
            string kind = (string?)layers[i]["layer"] ?? "none";
            Assert.True(s_layers.TryGetValue(kind, out Func<LayerPlace, Action<Recording>>? make), $"the layers are {string.Join(", ", s_layers.Keys)}; '{kind}' came");
            _recorders.Add(make(new LayerPlace(builder, i.ToString(CultureInfo.InvariantCulture), layers[i])));
        }

        Model = builder.Build();
    }

    public Model Model { get; }

    public Tensor Record(Tape tape, NetworkInput input)
    {
        Recording recording = new(tape, input);
        foreach (Action<Recording> recorder in _recorders) recorder(recording);
        Assert.Empty(recording.Residuals);
        return recording.X;
    }

    public void Dispose() => Model.Dispose();

    private static Action<Recording> Of(ILayer layer) => recording => recording.X = layer.Record(recording.Tape, recording.X);

    private static Action<Recording> Of(Activation activation) => recording => recording.X = recording.Tape.Activate(recording.X, activation);

    private static Action<Recording> OfMean(Embedding embedding) => recording =>
        recording.X = embedding.RecordMean(recording.Tape, recording.Input.Words!, recording.Input.Columns);

    /// <summary>Where in which network a layer is declared, and what the case says of it.</summary>
    private sealed record LayerPlace(ModelBuilder Builder, string Name, JsonObject Description)
    {
        public int Whole(string key) => (int)Description[key]!;

        public int Whole(string key, int otherwise) => (int?)Description[key] ?? otherwise;

        public bool Flag(string key, bool otherwise) => (bool?)Description[key] ?? otherwise;
    }

    /// <summary>A network on its way onto a tape: the value so far, and those that wait to be added.</summary>
    private sealed class Recording(Tape tape, NetworkInput input)
    {
        private Tensor? _x = input.X;

        public Tape Tape { get; } = tape;

        public NetworkInput Input { get; } = input;

        public Tensor X
        {
            get => _x ?? throw new InvalidOperationException("[conformance] words go into an embedding first");
            set => _x = value;
        }

        public Stack<Tensor> Residuals { get; } = new();
    }
}
