using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Peers;

/// <summary>A training step of airbench94 by us, as the preset of that name has it: forward, backward, update, on random images that stay the same.</summary>
internal sealed class OurAirbench94 : IWork
{
    private readonly WorkerTeam _team;
    private readonly Model _model;
    private readonly Tape _tape;
    private readonly Loss _loss;
    private readonly Tensor _logits;
    private readonly RoutedOptimizer _optimizer;

    /// <summary>The network with random weights, whitened by the images.</summary>
    public OurAirbench94(int batch, int threads)
    {
        AirbenchData data = AirbenchData.Of(batch);
        _team = new WorkerTeam(threads);
        ModelBuilder builder = new(seed: 1);
        Network = new(builder);
        _model = builder.Build(_team);
        Images images = new(batch, AirbenchData.Size, AirbenchData.Size);
        Network.Whiten(_team, data.Pixels, images);
        _tape = _model.NewTape(training: true);
        Tensor pixels = _tape.Input("images", images, AirbenchData.Channels);
        _logits = Network.Record(_tape, pixels);
        TokenBuffer labels = _tape.Tokens("labels", batch);
        _loss = _tape.CrossEntropy(_logits, labels, AirbenchRecipe.LabelSmoothing);
        _loss.GradientScale = batch; // The recipe's loss is a sum over the images.
        _tape.Output(_logits);
        _tape.Compile();
        data.Pixels.CopyTo(pixels.Value);
        data.Labels.CopyTo(labels.Span);
        _optimizer = new RoutedOptimizer(
            _model.Parameters,
            [
                new Route("filters", [ParameterRole.Matrix], MuonPresets.Airbench94),
                new Route("biases", [ParameterRole.Bias], Sgd(AirbenchRecipe.BiasRate, batch)),
                new Route("head", [ParameterRole.Head], Sgd(AirbenchRecipe.HeadRate, batch)),
            ],
            step: null,
            _team);
    }

    /// <summary>The layers.</summary>
    public Airbench94 Network { get; }

    /// <summary>Weights and gradients.</summary>
    public ParameterStore Parameters => _model.Parameters;

    /// <summary>The last step's loss, the sum over the images.</summary>
    public double Loss => _loss.Sum;

    /// <summary>The last step's logits, shape [images, classes].</summary>
    public ReadOnlySpan<float> Logits => _logits.Value;

    /// <summary>Those of the products forward and backward; the optimizer's are a thousandth of them.</summary>
    public double Flops { get; private set; }

    /// <summary>Forward and backward.</summary>
    public void Gradients()
    {
        _model.Parameters.ZeroGradients();
        _tape.Forward();
        _tape.Backward();
    }

    /// <summary>The update.</summary>
    public void Update() => _optimizer.Step();

    /// <inheritdoc/>
    public void Run()
    {
        // The first call is a warm-up: it is asked what it did.
        TapeProfile? profile = Flops == 0 ? _tape.StartProfile() : null;
        Gradients();
        if (profile is not null)
        {
            Flops = profile.Operations().Sum(operation => operation.Work.Flops);
            _tape.StopProfile();
        }

        Update();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _tape.Dispose();
        _model.Dispose();
        _team.Dispose();
    }

    private static SgdOptions Sgd(float rate, int batch) => new()
    {
        LearningRate = rate,
        Momentum = AirbenchRecipe.Momentum,
        Nesterov = true,
        WeightDecay = AirbenchRecipe.Decay * batch / rate,
    };
}
