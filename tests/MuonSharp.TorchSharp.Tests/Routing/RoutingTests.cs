using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.Routing;

public class RoutingTests : TorchTest
{
    [Fact]
    public void A_transformer_gives_its_linear_layers_to_muon_and_tables_vectors_and_head_to_adamw()
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new TinyTransformer(vocabulary: 50);
        using Muon muon = Muon.Routed(model, learningRate: 0.02, auxiliaryLearningRate: 3e-4);
        Assert.Equal(["block.attention", "block.up", "block.down"], muon.plan!.Rows.Where(row => row.IsMatrix).Select(row => row.Name.Replace(".weight", "", StringComparison.Ordinal)));
        Assert.Equal(ParameterRole.Embedding, Role(muon, "tokens.weight"));
        Assert.Equal(ParameterRole.Head, Role(muon, "head.weight"));
        Assert.Equal(ParameterRole.Gain, Role(muon, "block.norm.weight"));
        Assert.Equal(ParameterRole.Bias, Role(muon, "block.up.bias"));
        TorchRoutingRow position = muon.plan.Rows.Single(row => row.Name == "positions");
        Assert.False(position.IsMatrix);
        Assert.Equal("a tensor that TinyTransformer holds itself; say in roles what it is", position.Reason);
        Assert.Equal([0.02, 3e-4], muon.ParamGroups.Select(group => group.LearningRate));
        Assert.Equal(model.parameters().Count(), muon.plan.Rows.Length);
        Assert.Equal(model.parameters().Count(), muon.parameters().Count());
    }

    [Fact]
    public void A_table_that_is_the_head_too_stays_a_table_and_no_other_layer_is_the_head_by_its_place()
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new TinyTransformer(vocabulary: 50) { };
        model.Tie();
        using Muon muon = Muon.Routed(model);

        // Two objects over one memory: TorchSharp lists them both.
        Assert.Equal(model.parameters().Count() - 1, muon.plan!.Rows.Length);
        Assert.Equal(ParameterRole.Embedding, muon.plan.Rows.Single(row => row.Parameter.shape[0] == 50).Role);
        Assert.Contains(muon.plan.Rows, row => row.Name == "block.down.weight" && row.IsMatrix);
    }

    [Fact]
    public void A_convnet_gives_its_filters_to_muon_flattened_and_its_classifier_to_adamw()
    {
        using DisposeScope scope = NewDisposeScope();
        using Sequential model = Sequential(
            ("conv", Conv2d(3, 8, 3)), ("norm", BatchNorm2d(8)), ("grouped", Conv2d(8, 16, 3, groups: 2)), ("depthwise", Conv2d(16, 16, 3, groups: 16)),
            ("up", ConvTranspose2d(16, 4, 2)), ("flat", Flatten()), ("classes", Linear(16, 10)));
        using Muon muon = Muon.Routed(model);
        Assert.Equal(1, Row(muon, "conv.weight").Matrices);
        Assert.Equal(2, Row(muon, "grouped.weight").Matrices);
        Assert.False(Row(muon, "depthwise.weight").IsMatrix);
        Assert.Same(MatrixLayout.InOut, Row(muon, "up.weight").Layout);
        Assert.Equal(ParameterRole.Head, Role(muon, "classes.weight"));
        Assert.Equal(ParameterRole.Gain, Role(muon, "norm.weight"));
    }

    [Fact]
    public void Recurrent_layers_and_torchs_attention_are_split()
    {
        using DisposeScope scope = NewDisposeScope();
        using Sequential model = Sequential(("attention", new Holder(MultiheadAttention(12, 3))), ("lstm", new Holder(LSTM(5, 6))), ("gru", new Holder(GRU(6, 7))));
        using Muon muon = Muon.Routed(model);
        Assert.Equal(3, Row(muon, "attention.inner.in_proj_weight").Matrices);
        Assert.Equal(1, Row(muon, "attention.inner.out_proj.weight").Matrices);
        Assert.Equal(4, Row(muon, "lstm.inner.weight_hh_l0").Matrices);
        Assert.Equal(3, Row(muon, "gru.inner.weight_ih_l0").Matrices);
        Assert.All(muon.plan!.Rows.Where(row => row.Parameter.dim() == 1), row => Assert.False(row.IsMatrix));
    }

    [Fact]
    public void Roles_and_layouts_that_are_said_count_more_than_what_modules_tell()
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new TinyTransformer(vocabulary: 50);
        MatrixLayout fused = MatrixLayout.OutIn.Split(new MatrixPart("query", 8, 2), new MatrixPart("key", 8, 2), new MatrixPart("value", 8, 2));
        using Muon muon = Muon.Routed(
            model, layouts: new MatrixLayouts().For("*.attention", fused), preset: MuonPresets.Torch,
            roles: (name, _) => name == "positions" ? ParameterRole.Matrix : name == "block.down.weight" ? ParameterRole.Router : null);
        Assert.Equal(3, Row(muon, "block.attention.weight").Matrices);
        Assert.True(Row(muon, "positions").IsMatrix);
        Assert.Equal("said in roles: Router", Row(muon, "block.down.weight").Reason);
        Assert.Equal([1e-3, 1e-3], muon.ParamGroups.Select(group => group.LearningRate));
        Assert.Same(AdamWPresets.Torch, ((Muon.AuxiliaryGroup)muon.ParamGroups.Last()).Options.preset);
        using var print = new StringWriter();
        Muon.Routed(model, print: print).Dispose();
        Assert.Matches(@"block\.up\.weight +\[16, 8\] +1 +muon +hidden matrix", print.ToString());
        Assert.Contains(
            "a layout is for a parameter that Muon steps",
            Assert.Throws<ArgumentException>(() => Muon.Routed(model, layouts: new MatrixLayouts().For("tokens", MatrixLayout.InOut))).Message, StringComparison.Ordinal);
        Assert.Contains("has a hidden matrix", Assert.Throws<ArgumentException>(() => Muon.Routed(Linear(3, 3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_trains()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        using var model = new TinyTransformer(vocabulary: 20);
        using Muon muon = Muon.Routed(model, learningRate: 0.02, auxiliaryLearningRate: 3e-3);
        Tensor tokens = arange(10).reshape(1, 10);
        float first = 0, last = 0;
        for (int step = 0; step < 40; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            muon.zero_grad();
            Tensor loss = functional.cross_entropy(model.call(tokens).reshape(-1, 20), tokens.add(1).reshape(-1));
            loss.backward();
            muon.step();
            last = loss.item<float>();
            first = step == 0 ? last : first;
        }

        Assert.True(last < 0.4 * first, $"{first} to {last}");
    }

    private static TorchRoutingRow Row(Muon muon, string name) => muon.plan!.Rows.Single(row => row.Name == name);

    private static ParameterRole Role(Muon muon, string name) => Row(muon, name).Role;

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly LayerNorm norm = LayerNorm(8);
        private readonly Linear attention = Linear(8, 24), up = Linear(8, 16), down = Linear(16, 8);

        public Block()
            : base(nameof(Block)) => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            Tensor[] parts = attention.call(norm.call(x)).chunk(3, -1);
            x = x + functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
            return x + down.call(functional.gelu(up.call(norm.call(x))));
        }
    }

    private sealed class TinyTransformer : Module<Tensor, Tensor>
    {
        private readonly Embedding tokens;
        private readonly TorchParameter positions = new(zeros(32, 8));
        private readonly Block block = new();
        private readonly Linear head;

        public TinyTransformer(int vocabulary)
            : base(nameof(TinyTransformer))
        {
            (tokens, head) = (Embedding(vocabulary, 8), Linear(8, vocabulary, hasBias: false));
            RegisterComponents();
        }

        public void Tie() => head.weight = tokens.weight!;

        public override Tensor forward(Tensor x) => head.call(block.call(tokens.call(x) + positions.slice(0, 0, x.shape[1], 1)));
    }

    private sealed class Holder : Module<Tensor, Tensor>
    {
        private readonly nn.Module inner;

        public Holder(nn.Module inner)
            : base(nameof(Holder))
        {
            this.inner = inner;
            register_module(nameof(inner), inner);
        }

        public override Tensor forward(Tensor x) => throw new NotSupportedException(inner.GetName());
    }
}
