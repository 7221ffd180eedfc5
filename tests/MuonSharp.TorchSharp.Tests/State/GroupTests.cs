using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.State;

public class GroupTests : TorchTest
{
    public static TheoryData<string> Schedulers => ["step", "cosine", "lambda", "linear", "exponential", "polynomial", "one-cycle", "cyclic"];

    [Theory]
    [MemberData(nameof(Schedulers))]
    public void Torchs_schedulers_move_the_rate_of_every_group(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter matrix = Values.Parameter([4, 6], "m"), vector = Values.Parameter([6], "v"), sgdMatrix = Values.Parameter([4, 6], "m"), sgdVector = Values.Parameter([6], "v");
        using var muon = new Muon([matrix], lr: 0.04);
        muon.add_param_group(new Muon.AuxiliaryGroup([vector], lr: 0.002));

        // The rates that torch's own optimizer with momentum would have.
        using global::TorchSharp.Modules.SGD sgd = optim.SGD([new global::TorchSharp.Modules.SGD.ParamGroup([sgdMatrix], 0.04, 0.9), new global::TorchSharp.Modules.SGD.ParamGroup([sgdVector], 0.002, 0.9)], 0.1, 0.9);
        LRScheduler ours = Scheduler(name, muon), theirs = Scheduler(name, sgd);
        for (int step = 1; step <= 8; step++)
        {
            Assert.Equal(sgd.ParamGroups.Select(group => group.LearningRate), muon.ParamGroups.Select(group => group.LearningRate));
            matrix.grad = Values.Normal([4, 6], "g", (ulong)step);
            double rate = muon.ParamGroups.First().LearningRate;
            float[] before = matrix.Floats();
            muon.step();

            // Four orthogonal rows of length one, near enough.
            double way = Math.Sqrt(matrix.Floats().Zip(before).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
            Assert.InRange(way, 0.6 * rate * 2, 1.3 * rate * 2);
            ours.step();
            theirs.step();
        }
    }

    [Fact]
    public void A_cycle_moves_the_momentum_as_it_moves_that_of_sgd()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter matrix = Values.Parameter([4, 6], "m");
        using var muon = new Muon([matrix], lr: 0.04);
        LRScheduler scheduler = OneCycleLR(muon, 0.1, 10, base_momentum: 0.8, max_momentum: 0.95);
        double before = ((Muon.ParamGroup)muon.ParamGroups.Single()).Momentum;
        scheduler.step();
        double after = ((Muon.ParamGroup)muon.ParamGroups.Single()).Momentum;
        Assert.True(after < before, $"{before} {after}");
        matrix.grad = Values.Normal([4, 6], "g");
        muon.step();

        // m = (1 - momentum) g after the first step.
        Assert.True(Values.Relative(((MuonState)muon.state_dict().State[0]).momentum_buffer, Values.Normal([4, 6], "g").mul(1 - after)) < 1e-5);
    }

    [Fact]
    public void Groups_take_what_they_leave_open_from_the_optimizer_and_numbers_of_a_preset_of_their_own_from_it()
    {
        using DisposeScope scope = NewDisposeScope();
        using var muon = new Muon(
            [
                new Muon.ParamGroup([Values.Parameter([3, 4], "a")]),
                new Muon.ParamGroup([Values.Parameter([3, 4], "b")], lr: 0.5, momentum: 0.8, weight_decay: 0.25),
                new Muon.ParamGroup([Values.Parameter([3, 4], "c")], preset: MuonPresets.Moonlight),
            ],
            lr: 0.1, momentum: 0.7, weight_decay: 0.01, preset: MuonPresets.Torch);
        Muon.Options[] options = [.. muon.ParamGroups.Cast<Muon.ParamGroup>().Select(group => group.Options)];
        Assert.Equal([(0.1, 0.7, 0.01), (0.5, 0.8, 0.25), (1e-3, 0.95, 0.1)], options.Select(o => (o.LearningRate!.Value, o.momentum!.Value, o.weight_decay!.Value)));
        Assert.Equal(options.Select(o => o.LearningRate!.Value), options.Select(o => o.InitialLearningRate));
        Assert.Same(UpdateScale.MatchRmsAdamW, options[2].preset!.Scale);
        Assert.Same(UpdateScale.Original, options[1].preset!.Scale);
    }

    [Fact]
    public void A_group_that_is_added_later_steps_from_then_on()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter first = Values.Parameter([6, 6], "a"), later = Values.Parameter([6, 6], "b");
        using var muon = new Muon([first], lr: 0.1);
        first.grad = later.grad = Values.Normal([6, 6], "g");
        float[] before = later.Floats();
        muon.step();
        Assert.Equal(before, later.Floats());
        muon.add_param_group(new Muon.ParamGroup([later], lr: 0.3));
        muon.step();
        Assert.Equal([2L, 1L], muon.state_dict().State.Cast<MuonState>().Select(state => state.step));
        Assert.NotEqual(before, later.Floats());
        Assert.Equal(2, muon.parameters().Count());
    }

    [Fact]
    public void What_is_wrong_is_said_in_one_line()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter matrix = Values.Parameter([3, 4], "m"), vector = Values.Parameter([4], "v");
        Says("parameter 'parameter 1' [4] is no matrix; give vectors to AdamW", () => new Muon([matrix, vector]));
        Says("parameter 'layer.bias' [4] is no matrix", () => new Muon([("layer.bias", vector)]));
        Says("a parameter belongs to one group, once; 'parameter 0' comes again", () => new Muon([matrix, matrix]));
        Says("momentum must be in [0, 1), not 1", () => new Muon([matrix], momentum: 1));
        Says("learning rate must be >= 0 and finite", () => new Muon([matrix], lr: -1));
        Says("must be one of newton-schulz/jordan5", () => new Muon([matrix], orthogonalizer: "svd"));
        Says("the learning rate of a preset must be a number here", () => new Muon([matrix], preset: MuonPresets.Torch with { LearningRate = new LinearSchedule(0.1) }));
        Says("the parts cover the fan-out of 3", () => new Muon([matrix], layouts: new MatrixLayouts().For(matrix, MatrixLayout.OutIn.Split(new MatrixPart("a", 2)))));
        Says("a layout is for a parameter that Muon steps; none is 'attn.qkv'", () => new Muon([matrix], layouts: new MatrixLayouts().For("attn.qkv", MatrixLayout.OutIn)));
        Says("parameters are floating point; 'parameter 0' is Int64", () => new Muon([new TorchParameter(zeros(3, 3, dtype: ScalarType.Int64), requires_grad: false)]));
        using var muon = new Muon([matrix]);
        Says("a group is a Muon.ParamGroup or a Muon.AuxiliaryGroup; ParamGroup came", () => muon.add_param_group(new global::TorchSharp.Modules.SGD.ParamGroup([vector])));
        Says("'parameter 1' comes again", () => muon.add_param_group(new Muon.AuxiliaryGroup([matrix])));
        Assert.Single(muon.ParamGroups);
    }

    [Fact]
    public void A_parameter_that_was_disposed_before_its_optimizer_is_named_and_nothing_moves()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter kept = Values.Parameter([3, 4], "k");
        nn.Module gone = nn.Linear(4, 3, hasBias: false);
        var muon = new Muon([("kept", kept), ("gone.weight", gone.parameters().Single())], lr: 0.1);
        kept.grad = Values.Normal([3, 4], "g");
        float[] before = kept.Floats();
        gone.Dispose();
        Says("parameters outlive their optimizer; 'gone.weight' was disposed with its module", () => muon.step());
        Assert.Equal(before, kept.Floats());
        muon.Dispose();
    }

    private static void Says(string message, Func<object?> act)
    {
        Exception error = Assert.ThrowsAny<Exception>(act);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.True(error is ArgumentException or InvalidOperationException, error.GetType().Name);
    }

    private static void Says(string message, Action act) => Says(message, () =>
    {
        act();
        return null;
    });

    private static LRScheduler Scheduler(string name, optim.Optimizer optimizer) => name switch
    {
        "step" => StepLR(optimizer, 2, 0.5),
        "cosine" => CosineAnnealingLR(optimizer, 10),
        "lambda" => LambdaLR(optimizer, epoch => 1.0 / (1 + epoch)),
        "linear" => LinearLR(optimizer, 0.25, 1, 4),
        "exponential" => ExponentialLR(optimizer, 0.9),
        "polynomial" => PolynomialLR(optimizer, 20),
        "one-cycle" => OneCycleLR(optimizer, 0.1, 10),
        _ => CyclicLR(optimizer, 0.01, 0.1, 4),
    };
}
