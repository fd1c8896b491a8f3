// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <memory>

#include "mutation.h"
#include "tflite_subset_generated.h"

namespace tfl = ocellus::dsp::tfl;

namespace fuzz {
namespace {

class damager {
  public:
    damager(tfl::modelT& m, random_sequence& r) : m_(m), r_(r) {}

    void once() {
        if (m_.subgraphs.empty() || !m_.subgraphs[0])
            return;
        graph_ = m_.subgraphs[0].get();
        switch (r_.below(12)) {
            case 0:
            case 1:
            case 2:
                return tensor();
            case 3:
            case 4:
            case 5:
                return layer();
            case 6:
            case 7:
                return options();
            case 8:
                return buffer();
            case 9:
                return ends();
            case 10:
                return order();
            default:
                return rest();
        }
    }

  private:
    std::uint32_t below(std::size_t n) {
        return r_.below(static_cast<std::uint32_t>(n == 0 ? 1 : n));
    }
    std::int32_t small() { return static_cast<std::int32_t>(odd_integer(r_)); }
    int tensor_number() { return static_cast<int>(below(graph_->tensors.size() + 3)) - 2; }

    void list(std::vector<std::int32_t>& v, bool numbers) {
        const auto value = [&] { return numbers ? small() : tensor_number(); };
        switch (below(4)) {
            case 0:
                v.insert(v.begin() + below(v.size() + 1), value());
                return;
            case 1:
                if (!v.empty())
                    v.erase(v.begin() + below(v.size()));
                return;
            default:
                if (!v.empty())
                    v[below(v.size())] = value();
                return;
        }
    }

    void tensor() {
        if (graph_->tensors.empty())
            return;
        tfl::tensorT& t = *graph_->tensors[below(graph_->tensors.size())];
        switch (below(7)) {
            case 0:
            case 1:
                return list(t.shape, true);
            case 2:
                t.type = static_cast<std::int8_t>(below(21));
                return;
            case 3:
                t.buffer = below(m_.buffers.size() + 2);
                return;
            default:
                break;
        }
        if (!t.quantization)
            t.quantization = std::make_unique<tfl::quantization_parametersT>();
        tfl::quantization_parametersT& q = *t.quantization;
        switch (below(5)) {
            case 0:
                t.quantization.reset();
                return;
            case 1:
                if (!q.scale.empty())
                    q.scale[below(q.scale.size())] = odd_real(r_);
                return;
            case 2:
                if (!q.zero_point.empty())
                    q.zero_point[below(q.zero_point.size())] = odd_integer(r_);
                return;
            case 3:
                q.scale.resize(below(5), 0.5f);
                q.zero_point.resize(below(2) != 0 ? q.scale.size() : below(5));
                return;
            default:
                q.quantized_dimension = small();
                return;
        }
    }

    tfl::layerT* some_layer() {
        return graph_->operators.empty() ? nullptr
                                         : graph_->operators[below(graph_->operators.size())].get();
    }

    void layer() {
        tfl::layerT* l = some_layer();
        if (!l)
            return;
        switch (below(5)) {
            case 0:
                return list(l->outputs, false);
            case 1: {
                if (m_.operator_codes.empty())
                    return;
                tfl::operator_codeT& c = *m_.operator_codes[below(m_.operator_codes.size())];
                c.builtin_code = static_cast<std::int32_t>(below(160));
                c.deprecated_builtin_code =
                    static_cast<std::int8_t>(c.builtin_code > 127 ? 127 : c.builtin_code);
                return;
            }
            case 2:
                l->opcode_index = below(m_.operator_codes.size() + 1);
                return;
            default:
                return list(l->inputs, false);
        }
    }

    void options() {
        tfl::layerT* l = some_layer();
        if (!l)
            return;
        if (!l->custom_options.empty() && below(2) != 0) {
            std::string bytes(l->custom_options.begin(), l->custom_options.end());
            damage_bytes(bytes, r_);
            l->custom_options.assign(bytes.begin(), bytes.end());
            return;
        }
        std::vector<std::int32_t*> numbers;
        std::vector<std::int8_t*> codes;
        tfl::builtin_optionsUnion& o = l->options;
        if (auto* p = o.Asconv_2d()) {
            numbers = {&p->stride_w, &p->stride_h, &p->dilation_w, &p->dilation_h};
            codes = {&p->padding, &p->activation};
        } else if (auto* d = o.Asdepthwise_conv_2d()) {
            numbers = {&d->stride_w, &d->stride_h, &d->dilation_w, &d->dilation_h,
                       &d->depth_multiplier};
            codes = {&d->padding, &d->activation};
        } else if (auto* w = o.Aspool_2d()) {
            numbers = {&w->stride_w, &w->stride_h, &w->filter_width, &w->filter_height};
            codes = {&w->padding, &w->activation};
        } else if (auto* f = o.Asfully_connected()) {
            codes = {&f->activation, &f->weights_format};
        } else if (auto* t = o.Astranspose_conv()) {
            numbers = {&t->stride_w, &t->stride_h};
            codes = {&t->padding, &t->activation};
        } else if (auto* c = o.Asconcatenation()) {
            numbers = {&c->axis};
            codes = {&c->activation};
        } else if (auto* s = o.Asstrided_slice()) {
            numbers = {&s->begin_mask, &s->end_mask, &s->ellipsis_mask, &s->new_axis_mask,
                       &s->shrink_axis_mask};
        } else if (auto* k = o.Aspack()) {
            numbers = {&k->axis, &k->count};
        } else if (auto* u = o.Asunpack()) {
            numbers = {&u->axis, &u->count};
        } else if (auto* g = o.Asgather()) {
            numbers = {&g->axis, &g->batch_dims};
        } else if (auto* b = o.Asspace_to_depth()) {
            numbers = {&b->block_size};
        } else if (auto* e = o.Asdepth_to_space()) {
            numbers = {&e->block_size};
        } else if (auto* m = o.Asmirror_pad()) {
            codes = {&m->mode};
        } else if (auto* x = o.Assoftmax()) {
            x->beta = odd_real(r_);
        } else if (auto* a = o.Asleaky_relu()) {
            a->alpha = odd_real(r_);
        } else if (auto* h = o.Asbatch_matmul()) {
            h->adj_x = below(2) != 0;
            h->adj_y = below(2) != 0;
        }
        if (!numbers.empty() && (codes.empty() || below(2) != 0))
            *numbers[below(numbers.size())] = small();
        else if (!codes.empty())
            *codes[below(codes.size())] = static_cast<std::int8_t>(below(8));
        else if (below(4) == 0)
            o.Reset();
    }

    void buffer() {
        if (m_.buffers.empty())
            return;
        auto& data = m_.buffers[below(m_.buffers.size())]->data;
        std::string bytes(data.begin(), data.end());
        switch (below(3)) {
            case 0:
                bytes.resize(below(80), '\1');
                break;
            default:
                damage_bytes(bytes, r_);
                break;
        }
        data.assign(bytes.begin(), bytes.end());
    }

    void ends() { list(below(2) != 0 ? graph_->inputs : graph_->outputs, false); }

    /// Layers exchanged, doubled, lost.
    void order() {
        auto& layers = graph_->operators;
        if (layers.empty())
            return;
        switch (below(3)) {
            case 0:
                std::swap(layers[below(layers.size())], layers[below(layers.size())]);
                return;
            case 1:
                layers.push_back(std::make_unique<tfl::layerT>(*layers[below(layers.size())]));
                return;
            default:
                layers.erase(layers.begin() + below(layers.size()));
                return;
        }
    }

    void rest() {
        switch (below(5)) {
            case 0:
                m_.version = below(5);
                return;
            case 1: {
                auto entry = std::make_unique<tfl::metadata_entryT>();
                entry->name = "weight_bits";
                entry->buffer = below(m_.buffers.size() + 1);
                m_.metadata.push_back(std::move(entry));
                return;
            }
            case 2:
                if (!graph_->tensors.empty())
                    graph_->tensors.erase(graph_->tensors.begin() + below(graph_->tensors.size()));
                return;
            case 3:
                if (!m_.operator_codes.empty())
                    m_.operator_codes[below(m_.operator_codes.size())]->custom_code =
                        below(2) != 0 ? "TFLite_Detection_PostProcess" : "\x1b[2J";
                return;
            default:
                if (!graph_->tensors.empty())
                    graph_->tensors[below(graph_->tensors.size())]->name =
                        std::string(below(200), '\x07');
                return;
        }
    }

    tfl::modelT& m_;
    random_sequence& r_;
    tfl::subgraphT* graph_ = nullptr;
};

}  // namespace

std::string damage_tflite(const std::string& bytes, random_sequence& r) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   bytes.size());
    if (!tfl::VerifymodelBuffer(verifier))
        return bytes;
    tfl::modelT m;
    tfl::Getmodel(bytes.data())->UnPackTo(&m);
    damager d(m, r);
    for (std::uint32_t k = r.below(3) + 1; k > 0; --k)
        d.once();
    flatbuffers::FlatBufferBuilder b;
    tfl::FinishmodelBuffer(b, tfl::Createmodel(b, &m));
    return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

}  // namespace fuzz
