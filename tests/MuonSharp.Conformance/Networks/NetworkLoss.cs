using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Conformance.Networks;

/// <summary>The loss that a case names, on a tape, and its targets.</summary>
internal sealed class NetworkLoss
{
    private readonly TokenBuffer? _classes;
    private readonly Tensor? _values;
    private readonly int[] _allClasses = [];
    private readonly float[] _allValues = [];

    public NetworkLoss(Tape tape, Tensor y, JsonObject loss, SafetensorsFile file)
    {
        string name = (string)loss["loss"]!;
        if (name == "cross_entropy")
        {
            (_classes, _allClasses) = (tape.Tokens("targets", y.Rows), file.Integers("targets"));
            Loss = tape.CrossEntropy(y, _classes, (double?)loss["label_smoothing"] ?? 0);
            return;
        }

        (_values, _allValues) = (tape.Input("targets", y.Rows, y.Columns), file.Floats("targets"));
        Loss = name switch
        {
            "mean_squared_error" => tape.MeanSquaredError(y, _values),
            "mean_absolute_error" => tape.MeanAbsoluteError(y, _values),
            "huber" => tape.Huber(y, _values, (double?)loss["delta"] ?? 1),
            "binary_cross_entropy_with_logits" => tape.BinaryCrossEntropy(y, _values),
            _ => throw new NotSupportedException($"[conformance] the losses are those of the golden cases; '{name}' came"),
        };
    }

    public Loss Loss { get; }

    /// <summary>Writes the targets of a step.</summary>
    public void Write(int step)
    {
        if (_classes is not null)
        {
            _allClasses.AsSpan(step * _classes.Length, _classes.Length).CopyTo(_classes.Span);
        }
        else
        {
            _allValues.AsSpan(step * (int)_values!.Length, (int)_values.Length).CopyTo(_values.Value);
        }
    }
}
