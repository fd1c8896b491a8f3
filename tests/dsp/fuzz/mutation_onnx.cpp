// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <onnx/onnx_pb.h>

#include <vector>

#include "mutation.h"

namespace fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class damager {
  public:
    damager(onnx::ModelProto& m, random_sequence& r) : m_(m), r_(r) {}

    void once() {
        messages_.clear();
        names_ = {"", "x", "Conv", "Relu", "QuantizeLinear", "Transpose", "SAME_LOWER", "axis"};
        collect(&m_, 0);
        Message* m = messages_[below(messages_.size())];
        std::vector<const FieldDescriptor*> fields;
        m->GetReflection()->ListFields(*m, &fields);
        // Sometimes one that is not set.
        if (fields.empty() || below(8) == 0)
            change(m, m->GetDescriptor()->field(
                          static_cast<int>(below(m->GetDescriptor()->field_count()))));
        else
            change(m, fields[below(fields.size())]);
    }

  private:
    std::uint32_t below(std::size_t n) { return r_.below(static_cast<std::uint32_t>(n)); }
    std::uint32_t below(int n) { return r_.below(static_cast<std::uint32_t>(n)); }

    void collect(Message* m, int depth) {
        messages_.push_back(m);
        if (depth > 8)
            return;
        const Reflection* f = m->GetReflection();
        std::vector<const FieldDescriptor*> fields;
        f->ListFields(*m, &fields);
        for (const FieldDescriptor* d : fields) {
            const int count = d->is_repeated() ? f->FieldSize(*m, d) : 1;
            for (int i = 0; i < count; ++i) {
                if (d->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
                    collect(d->is_repeated() ? f->MutableRepeatedMessage(m, d, i)
                                             : f->MutableMessage(m, d),
                            depth + 1);
                else if (d->cpp_type() == FieldDescriptor::CPPTYPE_STRING && names_.size() < 200)
                    names_.push_back(d->is_repeated() ? f->GetRepeatedString(*m, d, i)
                                                      : f->GetString(*m, d));
            }
        }
    }

    std::string text(std::string old) {
        if (below(3) == 0) {
            damage_bytes(old, r_);
            return old;
        }
        return names_[below(names_.size())];
    }

    void change(Message* m, const FieldDescriptor* d) {
        const Reflection* f = m->GetReflection();
        if (d->is_repeated())
            return change_list(m, d);
        if (below(6) == 0)
            return f->ClearField(m, d);
        switch (d->cpp_type()) {
            case FieldDescriptor::CPPTYPE_INT32:
                return f->SetInt32(m, d, static_cast<std::int32_t>(odd_integer(r_)));
            case FieldDescriptor::CPPTYPE_INT64:
                return f->SetInt64(m, d, odd_integer(r_));
            case FieldDescriptor::CPPTYPE_UINT32:
                return f->SetUInt32(m, d, static_cast<std::uint32_t>(odd_integer(r_)));
            case FieldDescriptor::CPPTYPE_UINT64:
                return f->SetUInt64(m, d, static_cast<std::uint64_t>(odd_integer(r_)));
            case FieldDescriptor::CPPTYPE_FLOAT:
                return f->SetFloat(m, d, odd_real(r_));
            case FieldDescriptor::CPPTYPE_DOUBLE:
                return f->SetDouble(m, d, static_cast<double>(odd_real(r_)));
            case FieldDescriptor::CPPTYPE_BOOL:
                return f->SetBool(m, d, below(2) != 0);
            case FieldDescriptor::CPPTYPE_ENUM:
                return f->SetEnumValue(m, d, static_cast<int>(below(24)));
            case FieldDescriptor::CPPTYPE_STRING:
                return f->SetString(m, d, text(f->GetString(*m, d)));
            case FieldDescriptor::CPPTYPE_MESSAGE:
                f->MutableMessage(m, d);
                return;
        }
    }

    void change_list(Message* m, const FieldDescriptor* d) {
        const Reflection* f = m->GetReflection();
        const int count = f->FieldSize(*m, d);
        const int at = count == 0 ? 0 : static_cast<int>(below(count));
        const std::uint32_t what = below(5);
        if (count > 0 && what == 0)
            return f->RemoveLast(m, d);
        if (count > 1 && what == 1)
            return f->SwapElements(m, d, at, static_cast<int>(below(count)));
        const bool add = count == 0 || what == 2;
        switch (d->cpp_type()) {
            case FieldDescriptor::CPPTYPE_INT32: {
                const auto v = static_cast<std::int32_t>(odd_integer(r_));
                return add ? f->AddInt32(m, d, v) : f->SetRepeatedInt32(m, d, at, v);
            }
            case FieldDescriptor::CPPTYPE_INT64: {
                const std::int64_t v = odd_integer(r_);
                return add ? f->AddInt64(m, d, v) : f->SetRepeatedInt64(m, d, at, v);
            }
            case FieldDescriptor::CPPTYPE_UINT64: {
                const auto v = static_cast<std::uint64_t>(odd_integer(r_));
                return add ? f->AddUInt64(m, d, v) : f->SetRepeatedUInt64(m, d, at, v);
            }
            case FieldDescriptor::CPPTYPE_FLOAT: {
                const float v = odd_real(r_);
                return add ? f->AddFloat(m, d, v) : f->SetRepeatedFloat(m, d, at, v);
            }
            case FieldDescriptor::CPPTYPE_DOUBLE: {
                const auto v = static_cast<double>(odd_real(r_));
                return add ? f->AddDouble(m, d, v) : f->SetRepeatedDouble(m, d, at, v);
            }
            case FieldDescriptor::CPPTYPE_STRING: {
                const std::string v = text(add ? "y" : f->GetRepeatedString(*m, d, at));
                return add ? f->AddString(m, d, v) : f->SetRepeatedString(m, d, at, v);
            }
            case FieldDescriptor::CPPTYPE_MESSAGE: {
                // One more, most often the copy of another.
                Message* made = f->AddMessage(m, d);
                if (count > 0)
                    made->CopyFrom(f->GetRepeatedMessage(*m, d, at));
                return;
            }
            default:
                return;
        }
    }

    onnx::ModelProto& m_;
    random_sequence& r_;
    std::vector<Message*> messages_;
    std::vector<std::string> names_;
};

}  // namespace

std::string damage_onnx(const std::string& bytes, random_sequence& r) {
    onnx::ModelProto m;
    if (!m.ParseFromString(bytes))
        return bytes;
    damager d(m, r);
    for (std::uint32_t k = r.below(3) + 1; k > 0; --k)
        d.once();
    return m.SerializeAsString();
}

}  // namespace fuzz
