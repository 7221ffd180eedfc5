using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Conformance.Networks;

/// <summary>The training of a recorded network as a task: the micro-batch of step n is what was recorded for it.</summary>
internal sealed class NetworkTask : ITrainingTask
{
    private readonly Tape _tape;
    private readonly NetworkInput _input;
    private readonly NetworkLoss _loss;

    public NetworkTask(GoldenCase golden, SafetensorsFile file, Network network)
    {
        Parameters = network.Model.Parameters;
        Team = network.Model.Team;
        DataIdentity = Path.GetFileName(golden.Folder);
        int[] shape = file.Sizes("inputs");
        UnitsPerMicroBatch = shape[1];
        _tape = network.Model.NewTape(training: true);
        _input = NetworkInput.Of(_tape, file, "inputs", shape.AsSpan(1));
        _loss = new(_tape, network.Record(_tape, _input), golden.Description["loss"]!.AsObject(), file);
        _tape.Compile();
    }

    public ParameterStore Parameters { get; }

    public WorkerTeam Team { get; }

    public string Kind => "golden";

    public string Unit => "rows";

    public long UnitsPerMicroBatch { get; }

    public IReadOnlyList<(string Name, string Value)> Facts => [];

    public string DataIdentity { get; }

    public double Run(long step, int microBatch, float gradientScale)
    {
        _input.Write((int)step - 1);
        _loss.Write((int)step - 1);
        _loss.Loss.GradientScale = gradientScale;
        _tape.Forward();
        _tape.Backward();
        return _loss.Loss.Mean;
    }

    public Evaluation? Evaluate(CancellationToken cancellation) => null;

    public void Dispose() => _tape.Dispose();
}
