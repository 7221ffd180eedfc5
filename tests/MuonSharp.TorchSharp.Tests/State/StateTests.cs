using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.State;

public class StateTests : TorchTest
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void A_run_that_is_saved_and_loaded_goes_on_as_if_nothing_had_been(bool savedOnKernels, bool loadedOnKernels)
    {
        using DisposeScope scope = NewDisposeScope();
        Run whole = new(savedOnKernels), first = new(savedOnKernels), second = new(loadedOnKernels);
        whole.Step(1, 6);
        first.Step(1, 3);
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            first.Optimizer.save_state_dict(writer);
        }

        stream.Position = 0;
        second.Take(first);
        using (var reader = new BinaryReader(stream))
        {
            second.Optimizer.load_state_dict(reader);
        }

        Assert.Equal(0.03, second.Optimizer.ParamGroups.First().LearningRate);
        second.Step(4, 6);
        Assert.All(whole.Parameters.Zip(second.Parameters), pair =>
        {
            if (savedOnKernels == loadedOnKernels)
            {
                Assert.Equal(pair.First.Floats(), pair.Second.Floats());
            }

            Assert.True(Values.Relative(pair.Second, pair.First) < 1e-5);
        });
    }

    [Fact]
    public void A_state_dict_is_copied_and_not_shared()
    {
        using DisposeScope scope = NewDisposeScope();
        Run first = new(true), second = new(true);
        first.Step(1, 2);
        second.Optimizer.load_state_dict(first.Optimizer.state_dict());
        var copied = (MuonState)second.Optimizer.state_dict().State[0];
        float[] before = copied.momentum_buffer.Floats();
        Assert.Equal(((MuonState)first.Optimizer.state_dict().State[0]).momentum_buffer.Floats(), before);
        Assert.Equal(2, copied.step);
        first.Step(3, 3);
        Assert.Equal(before, copied.momentum_buffer.Floats());
        Assert.True(copied.ApproximatelyEquals(copied));
        Assert.False(copied.ApproximatelyEquals(first.Optimizer.state_dict().State[0]));
    }

    [Fact]
    public void States_hold_what_their_rule_needs()
    {
        using DisposeScope scope = NewDisposeScope();
        Run run = new(true);
        global::TorchSharp.torch.optim.Optimizer.StateDictionary states = run.Optimizer.state_dict();
        Assert.Null(((MuonState)states.State[0]).row_mean_squares);
        Assert.Equal([6L], ((MuonState)states.State[1]).row_mean_squares!.shape);
        Assert.Equal([5L], ((AuxiliaryState)states.State[2]).exp_avg_sq.shape);
        Assert.Equal(3, states.Options.Count);
    }

    [Fact]
    public void A_state_of_another_shape_or_optimizer_is_refused_in_one_line()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter small = Values.Parameter([3, 4], "s"), large = Values.Parameter([4, 4], "l"), vector = Values.Parameter([3, 4], "v");
        using var first = new Muon([small]);
        using var second = new Muon([large]);
        using var rows = new Muon([vector], preset: MuonPresets.NorMuon);
        Assert.Contains("a state goes to a parameter of its own shape", Assert.Throws<ArgumentException>(() => second.load_state_dict(first.state_dict())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => rows.load_state_dict(first.state_dict()));
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            first.save_state_dict(writer);
        }

        stream.Position = 0;
        using (var reader = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            Assert.Contains("is in the file", Assert.Throws<InvalidDataException>(() => second.load_state_dict(reader)).Message, StringComparison.Ordinal);
        }

        stream.Position = 0;
        using (var reader = new BinaryReader(stream))
        {
            Assert.Contains("as many tensors as its preset", Assert.Throws<InvalidDataException>(() => rows.load_state_dict(reader)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Disposing_the_optimizer_frees_its_state_and_leaves_the_parameters()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter weight = Values.Parameter([3, 4], "w");
        long before = Tensor.TotalCount;
        var muon = new Muon([weight], preset: MuonPresets.NorMuon);
        Assert.Equal(before + 2, Tensor.TotalCount);
        muon.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
        Assert.False(weight.IsInvalid);
    }

    [Fact]
    public void State_made_inside_a_dispose_scope_outlives_it()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchParameter weight = Values.Parameter([3, 4], "w");
        Muon muon;
        using (NewDisposeScope())
        {
            muon = new Muon([weight], lr: 0.1);
        }

        weight.grad = Values.Normal([3, 4], "g");
        muon.step();
        muon.to(CPU);
        muon.step();
        Assert.Equal(2, ((MuonState)muon.state_dict().State[0]).step);
        muon.Dispose();
    }

    private sealed class Run
    {
        public Run(bool kernels)
        {
            Parameters = [Values.Parameter([4, 7], "a"), Values.Parameter([6, 6], "b"), Values.Parameter([5], "c")];
            Optimizer = new Muon([new Muon.ParamGroup([Parameters[0]]), new Muon.ParamGroup([Parameters[1]], preset: MuonPresets.NorMuon)]) { use_kernels = kernels };
            Optimizer.add_param_group(new Muon.AuxiliaryGroup([Parameters[2]]));
        }

        public TorchParameter[] Parameters { get; }

        public Muon Optimizer { get; }

        public void Step(int first, int last)
        {
            for (int step = first; step <= last; step++)
            {
                Optimizer.ParamGroups.First().LearningRate = 0.01 * step;
                for (int i = 0; i < Parameters.Length; i++)
                {
                    Parameters[i].grad = Values.Normal(Parameters[i].shape, $"g{i}", (ulong)step);
                }

                Optimizer.step();
            }
        }

        public void Take(Run other)
        {
            using IDisposable quiet = no_grad();
            foreach ((TorchParameter mine, TorchParameter theirs) in Parameters.Zip(other.Parameters))
            {
                mine.copy_(theirs);
            }
        }
    }
}
